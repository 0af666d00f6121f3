"""Sketches of a prompt, or of a photo and a prompt. docs/adding-a-capability.md shows this file piece by piece."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Table, UniqueConstraint
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from app import generation, media, quotas
from app.core.app import App
from app.core.capability import Capability
from app.core.errors import NotFound
from app.core.ids import new_id
from app.core.pictures import ImageRequest, Picture
from app.core.tables import ShopRedact, key, metadata, number, on_shop_redact, ref, shop_key, stamps, text
from app.generation import Kind, MonthlyQuota, Output, Run, State
from app.privacy import BOOKS, Exported
from app.quotas import Lane
from app.shops import Visitor
from handlers.http import auth, generations, limits, parse
from handlers.http.limits import Limit

SIDE = 64
SENTENCE = "This shop has made all its sketches for this month."

sketches = Table(
    "sketches",
    metadata,
    key(),
    shop_key(),
    ref("shopper_id", "shoppers.id", ondelete="SET NULL", nullable=True),
    ref("guest_session_id", "guest_sessions.id", ondelete="SET NULL", nullable=True),
    ref("upload_asset_id", "assets.id", ondelete="SET NULL", nullable=True),
    ref("picture_asset_id", "assets.id", ondelete="SET NULL", nullable=True),
    text("prompt", nullable=True),
    number("wanted", 1),
    text("quota_period", nullable=True),
    *generation.lifecycle_columns(),
    *stamps(),
    UniqueConstraint("shopper_id", "idempotency_key"),
    UniqueConstraint("guest_session_id", "idempotency_key"),
    info=on_shop_redact(ShopRedact.DELETED),
)


@dataclass(frozen=True)
class Sketch:
    id: str
    shop_id: str
    prompt: str | None
    created_at: datetime
    wanted: int = 1
    quota_period: str | None = None
    shopper_id: str | None = None
    guest_session_id: str | None = None
    upload_asset_id: str | None = None
    picture_asset_id: str | None = None
    idempotency_key: str | None = None
    status: str = "pending"
    progress: int = 0
    error_code: str | None = None
    error_message: str | None = None

    def asks_the_same(self, other: Sketch) -> bool:
        return (self.prompt, self.wanted, self.upload_asset_id) == (other.prompt, other.wanted, other.upload_asset_id)

    def owner(self) -> dict[str, str | None]:
        """The columns within which an idempotency key is unique."""
        return {"shopper_id": self.shopper_id} if self.shopper_id else {"guest_session_id": self.guest_session_id}


SKETCHES = Kind(
    name="sketches.sketch",
    table=sketches,
    shape=Sketch,
    folder="sketches",
    owner_type="sketch",
    charge=MonthlyQuota(SENTENCE, units=lambda row: row.wanted),
    lane=Lane.SHOPPER,
    key_scope=Sketch.owner,
)


async def draw(run: Run[Sketch]) -> Output:
    row, photos = run.row, list[Picture]()
    if row.upload_asset_id:
        photo = await run.source(row.upload_asset_id)
        photos = [await run.app.imaging.develop(photo, crop=None, width=SIDE, height=SIDE)]
    await run.progress(25)
    answer = await run.image(ImageRequest(row.prompt or "", photos, SIDE, SIDE, count=row.wanted))
    picture = Picture(answer.picture, "image/png", SIDE, SIDE)
    return Output({"picture": picture}, answer.model, delivered=len(answer.pictures))


JOB_KINDS = (generation.job_kind(SKETCHES, draw),)
EXPORTED = Exported(
    "Sketches",
    ("id", "status", "prompt", "wanted", "upload_asset_id", "picture_asset_id", "created_at", "updated_at"),
    generation.WITHHELD | dict.fromkeys(("quota_period", "error_code", "error_message", "model_used"), BOOKS),
)
PERSONAL_DATA = generation.personal_data(
    SKETCHES,
    exported={"sketches": EXPORTED},
    photo="upload_asset_id",
    fading=("picture_asset_id",),
    emptied=("prompt",),
)
CAPABILITY = Capability(
    "sketches",
    tables="tests.sketches.capability",
    job_kinds="tests.sketches.capability:JOB_KINDS",
    personal_data="tests.sketches.capability:PERSONAL_DATA",
)


@dataclass(frozen=True)
class SketchBody:
    prompt: str
    wanted: int = 1
    upload_id: str | None = None
    guest_token: str | None = None
    idempotency_key: str | None = None


async def request_sketch(app: App, visitor: Visitor, body: SketchBody) -> Sketch:
    now, shop = app.clock.now(), visitor.shop
    wanted = Sketch(
        id=new_id(),
        shop_id=shop.id,
        prompt=body.prompt,
        created_at=now,
        wanted=body.wanted,
        quota_period=quotas.period_of(now, shop.timezone),
        shopper_id=visitor.shopper_id,
        guest_session_id=visitor.guest_session_id,
        upload_asset_id=body.upload_id,
        idempotency_key=body.idempotency_key,
    )
    before = await generation.by_key(app.db, shop.id, SKETCHES, wanted.idempotency_key, wanted.owner())
    if known := generation.ensure_same(before, wanted):
        return known
    claim = [await _claim_photo(app, wanted)] if wanted.upload_asset_id else []
    return await generation.request(app, SKETCHES, wanted, before=before, then=claim)


async def sketch_state(app: App, shop_id: str, sketch_id: str) -> State:
    found = await generation.find(app.db, shop_id, SKETCHES, sketch_id)
    if found is None:
        raise NotFound()
    return await generation.state(app, SKETCHES, found)


async def cancel_sketch(app: App, visitor: Visitor, sketch_id: str) -> State:
    found = await generation.find(app.db, visitor.shop.id, SKETCHES, sketch_id)
    if found is None or (found.shopper_id, found.guest_session_id) not in visitor.owners:
        raise NotFound()
    await generation.cancel(app, SKETCHES, found)
    return await sketch_state(app, visitor.shop.id, sketch_id)


async def create(request: Request) -> Response:
    visit = auth.storefront(request)
    body = await parse.body(request, SketchBody)
    await limits.shopper(request, "sketch", visit, body.guest_token)
    visitor = await auth.visitor(request, visit, body.guest_token)
    app: App = request.app.state.app
    return generations.accepted(app, await request_sketch(app, visitor, body), visitor)


async def state(request: Request) -> Response:
    return await generations.state(request, request.path_params["sketch_id"], sketch_state)


async def cancel(request: Request) -> Response:
    return await generations.cancel(request, request.path_params["sketch_id"], cancel_sketch)


LIMITS = {"sketch": Limit(visitor=10, address=30, shop=120, everyone=600)}
ROUTES = [
    Route("/proxy/sketches", create, methods=["POST"]),
    Route("/proxy/sketches/{sketch_id}", state),
    Route("/proxy/sketches/{sketch_id}/cancel", cancel, methods=["POST"]),
]


async def _claim_photo(app: App, wanted: Sketch) -> Any:
    """A statement that gives the photo to whoever uses it first. Raises NotFound when it is somebody else's."""
    owner = (wanted.shopper_id, wanted.guest_session_id)
    sent = await media.asset(app.db, wanted.shop_id, str(wanted.upload_asset_id))
    upload, _ = await media.read_upload(app, sent if sent and sent.serves(*owner) else None)
    return media.claim_upload(wanted.shop_id, upload, *owner, wanted.created_at)
