"""The storefront API, called through the app proxy: a product's offer, uploads and previews."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from app import media, personalization, shops
from app.core.app import App
from app.core.pictures import Crop
from app.personalization import Generation, Preflight, PreviewRequest, PreviewState
from app.shops import Visitor
from handlers.http import auth, generations, limits
from handlers.http.generations import ShopperBody
from handlers.http.limits import PreviewLimits

PICTURE_LIFE = timedelta(hours=1)
CONSENT = "Your photo is used to make your design, and is deleted when it is no longer needed."


@dataclass(frozen=True, kw_only=True)
class PreviewBody(ShopperBody):
    upload_id: str
    product_id: str | int
    style_id: str
    variant_id: str | int | None = None
    crop: Crop | None = None

    def to_request(self) -> PreviewRequest:
        return PreviewRequest(
            upload_id=self.upload_id,
            product_id=str(self.product_id),
            style_id=self.style_id,
            variant_id=None if self.variant_id is None else str(self.variant_id),
            crop=self.crop,
            idempotency_key=self.key,
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


async def create_preview(request: Request) -> Response:
    async def make(app: App, visitor: Visitor, body: PreviewBody, allowed: PreviewLimits) -> Generation:
        return await personalization.request_preview(app, visitor, body.to_request(), allowed)

    return await generations.create(request, PreviewBody, limits.preview, make)


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
