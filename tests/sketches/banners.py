"""Banners, which merchants request in the admin: up to four pictures of one prompt, each of which can be chosen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from app import generation
from app.core.capability import Capability
from app.core.pictures import ImageRequest, Picture
from app.core.tables import flag, number, text
from app.generation import GenerationRow, Kind, MonthlyQuota, Output, Run
from app.quotas import Lane
from handlers.http.generations import MerchantBody, MerchantHandlers
from handlers.http.limits import Limit

COLUMNS = (generation.file_column("upload"), text("prompt"), number("wanted", 1), text("status"))
banners = generation.merchant_table("banners", *COLUMNS, status="run_status")
banner_outputs = generation.output_table("banner_outputs", banners, "banner_id", flag("is_selected", default=False))


@dataclass(frozen=True, kw_only=True)
class Banner(GenerationRow):
    prompt: str
    wanted: int = 1
    upload_asset_id: str | None = None
    status: str = "draft"
    run_status: str = "pending"


@dataclass(frozen=True, kw_only=True)
class BannerBody(MerchantBody):
    prompt: str
    wanted: Literal[1, 2, 3, 4] = 1


BANNERS = Kind(
    name="banners.banner",
    table=banners,
    shape=Banner,
    owner_type="banner",
    charge=MonthlyQuota("This shop has made all its banners for this month.", units=lambda row: row.wanted),
    lane=Lane.MERCHANT,
    request_fields=("prompt", "wanted", "upload_asset_id"),
    photo="upload_asset_id",
    status="run_status",
    outputs=banner_outputs,
)


async def paint(run: Run[Banner]) -> Output:
    photos = [await run.picture(run.row.upload_asset_id, 64, 64)] if run.row.upload_asset_id else []
    answer = await run.image(ImageRequest(run.row.prompt, photos, 64, 64, count=run.row.wanted))
    return Output.several([Picture(each, "image/png", 64, 64) for each in answer.pictures], answer.model)


JOB_KINDS = (generation.job_kind(BANNERS, paint),)
CAPABILITY = Capability("banners", __name__, f"{__name__}:JOB_KINDS")
LIMITS = {"banner": Limit(shop=30, everyone=300)}
ROUTES = MerchantHandlers(BANNERS, BannerBody, limit="banner").routes("/banners")
