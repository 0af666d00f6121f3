"""Sketches of a prompt, or of a photo and a prompt. docs/adding-a-capability.md shows this file piece by piece."""

from __future__ import annotations

from dataclasses import dataclass

from app import generation
from app.core.capability import Capability
from app.core.pictures import ImageRequest, Picture
from app.core.tables import number, text
from app.generation import Kind, MonthlyQuota, Output, Run, ShopperRow
from app.quotas import Lane
from handlers.http.generations import ShopperBody, ShopperHandlers
from handlers.http.limits import Limit

FILES = [generation.file_column(purpose) for purpose in ("upload", "picture")]
sketches = generation.shopper_table("sketches", *FILES, text("prompt", nullable=True), number("wanted", 1))


@dataclass(frozen=True, kw_only=True)
class Sketch(ShopperRow):
    prompt: str | None
    wanted: int = 1
    upload_asset_id: str | None = None


@dataclass(frozen=True, kw_only=True)
class SketchBody(ShopperBody):
    prompt: str
    wanted: int = 1


SKETCHES = Kind(
    name="sketches.sketch",
    table=sketches,
    shape=Sketch,
    owner_type="sketch",
    charge=MonthlyQuota("This shop has made all its sketches for this month.", units=lambda row: row.wanted),
    lane=Lane.SHOPPER,
    request_fields=("prompt", "wanted", "upload_asset_id"),
    photo="upload_asset_id",
)


async def draw(run: Run[Sketch]) -> Output:
    photos = [await run.picture(run.row.upload_asset_id, 64, 64)] if run.row.upload_asset_id else []
    answer = await run.image(ImageRequest(run.row.prompt or "", photos, 64, 64, count=run.row.wanted))
    picture = Picture(answer.picture, "image/png", 64, 64)
    return Output({"picture": picture}, answer.model, delivered=len(answer.pictures))


JOB_KINDS = (generation.job_kind(SKETCHES, draw),)
SHOWN = ("prompt", "wanted", "upload_asset_id", "picture_asset_id")
PERSONAL_DATA = generation.personal_data(SKETCHES, "Sketches", SHOWN, fading=("picture_asset_id",), emptied=("prompt",))
CAPABILITY = Capability("sketches", __name__, f"{__name__}:JOB_KINDS", personal_data=f"{__name__}:PERSONAL_DATA")
LIMITS = {"sketch": Limit(visitor=10, address=30, shop=120, everyone=600)}
ROUTES = ShopperHandlers(SKETCHES, SketchBody, limit="sketch").routes("/proxy/sketches")
