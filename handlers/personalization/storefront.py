"""The storefront API, called through the app proxy: a product's offer, uploads and previews."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from app import media, personalization, shops
from app.core.app import App
from app.core.errors import AppError
from app.core.pictures import Crop
from app.personalization import Preflight, PreviewRequest, PreviewState
from handlers.http import auth, generations, limits, parse
from handlers.http.uploads import UploadBody, ticket

PICTURE_LIFE = timedelta(hours=1)
CONSENT = "Your photo is used to make your design, and is deleted when it is no longer needed."


@dataclass(frozen=True)
class PreviewBody:
    upload_id: str
    product_id: str | int
    style_id: str
    variant_id: str | int | None = None
    crop: Crop | None = None
    guest_token: str | None = None
    idempotency_key: str | None = None

    def wish(self) -> PreviewRequest:
        return PreviewRequest(
            upload_id=self.upload_id,
            product_id=str(self.product_id),
            style_id=self.style_id,
            variant_id=None if self.variant_id is None else str(self.variant_id),
            crop=self.crop,
            idempotency_key=self.idempotency_key and self.idempotency_key[:100],
        )


async def offer(request: Request) -> Response:
    """GET /proxy/products/{product_id}. The theme editor's preview sends `design_mode`: its block may be unsaved."""
    visit = auth.storefront(request)
    app: App = request.app.state.app
    shop = await shops.open_shop(app, visit)
    if request.query_params.get("design_mode") is None:
        await shops.note_block(app, shop)
    found = await personalization.offer(app, shop.id, request.path_params["product_id"])
    return JSONResponse(_offer(app, found))


async def open_upload(request: Request) -> Response:
    visit = auth.storefront(request)
    body = await parse.body(request, UploadBody)
    app: App = request.app.state.app
    wish = body.wish()
    media.check_wish(wish)
    await limits.upload(request, visit, body.guest_token, wish.bytes)
    counted_at = app.clock.now()
    try:
        shop = await shops.open_shop(app, visit)
        upload = await media.open_upload(app, shop.id, shop.timezone, wish)
    except AppError:
        await limits.release_ticket(request, visit, body.guest_token, counted_at)
        raise
    return ticket(upload)


async def create_preview(request: Request) -> Response:
    visit = auth.storefront(request)
    body = await parse.body(request, PreviewBody)
    app: App = request.app.state.app
    allowed = await limits.preview(request, visit, body.guest_token)
    visitor = await auth.visitor(request, visit, body.guest_token)
    made = await personalization.request_preview(app, visitor, body.wish(), allowed)
    return generations.accepted(app, made, visitor)


async def preview_state(request: Request) -> Response:
    size_id = request.query_params.get("size_id")

    async def read(app: App, shop_id: str, preview_id: str) -> PreviewState:
        return await personalization.preview_state(app, shop_id, preview_id, size_id)

    return await generations.state(request, request.path_params["preview_id"], read, _pictures)


async def cancel_preview(request: Request) -> Response:
    preview_id = request.path_params["preview_id"]
    return await generations.cancel(request, preview_id, personalization.cancel_preview, _pictures)


def _offer(app: App, found: personalization.Offer) -> dict[str, Any]:
    ends = app.clock.now() + PICTURE_LIFE
    return {
        "product_id": found.shopify_product_id,
        "styles": [
            {
                "id": style.id,
                "name": style.name,
                "example_url": app.files.link(style.example_key, expires_at=ends) if style.example_key else None,
            }
            for style in found.styles
        ],
        "sizes": [
            {
                "id": size.id,
                "name": size.name,
                "variant_id": size.shopify_variant_id,
                "width_px": size.width_px,
                "height_px": size.height_px,
                "aspect": round(size.aspect, 6),
                "safe": dict(zip("xy", (round(share, 6) for share in size.safe), strict=True)),
                "good_width_px": personalization.good_width(size, app.upscaler),
            }
            for size in found.sizes
        ],
        "limits": {
            "max_bytes": media.MAX_UPLOAD_BYTES,
            "content_types": list(media.CONTENT_TYPES),
            "min_side_px": media.MIN_SIDE,
        },
        "texts": {"consent": CONSENT},
    }


def _pictures(state: PreviewState) -> dict[str, Any]:
    """The pictures of a preview, and whether the photo is good enough: what is there already."""
    shown: dict[str, Any] = {}
    if state.preview_url:
        shown["preview_url"] = state.preview_url
    if state.mockup_url:
        shown["mockup_url"] = state.mockup_url
    if state.preflight:
        shown["preflight"] = _preflight(state.preflight)
    return shown


def _preflight(preflight: Preflight) -> dict[str, Any]:
    """Each check without its `figure`, which is for merchants. Name and value let a theme reword the message."""
    names = ("name", "verdict", "value", "message")
    checks = [{name: getattr(check, name) for name in names} for check in preflight.checks]
    return {"verdict": preflight.verdict, "checks": checks}
