"""The watermark of the shop's previews, with a sample that follows the form."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from app import personalization
from app.core.app import App
from app.personalization import WatermarkForm
from handlers.http import auth, limits, parse
from handlers.http.pages import page

POSITION_NAMES = {
    "tiled": "Tiled",
    "center": "Center",
    "top-left": "Top left",
    "top-right": "Top right",
    "bottom-left": "Bottom left",
    "bottom-right": "Bottom right",
}


@dataclass(frozen=True)
class WatermarkBody:
    """`opacity` and `size` are percentages as they were typed."""

    text: str = ""
    position: str = ""
    opacity: str = ""
    size: str = ""
    active: bool = False

    @property
    def form(self) -> WatermarkForm:
        return WatermarkForm(self.text, self.position, self.opacity, self.size, self.active)


async def watermark(request: Request) -> Response:
    merchant = await auth.merchant(request)
    return await _form(request, "watermark", await personalization.watermark_form(_app(request), merchant.shop))


async def save(request: Request) -> Response:
    merchant = await auth.merchant(request)
    body = await parse.body(request, WatermarkBody)
    await limits.merchant(request, "watermark", merchant.shop.id)
    saved = await personalization.save_watermark_form(_app(request), merchant.shop.id, body.form)
    return await _form(request, "_watermark", saved)


async def sample(request: Request) -> Response:
    merchant = await auth.merchant(request)
    body = await parse.body(request, WatermarkBody)
    await limits.merchant(request, "watermark", merchant.shop.id)
    return page(request, "personalization/_watermark_sample.html", sample=await _sample(request, body.form))


async def _form(request: Request, name: str, form: WatermarkForm) -> Response:
    return page(
        request,
        f"personalization/{name}.html",
        form=form,
        sample=await _sample(request, form),
        positions=POSITION_NAMES,
        sizes=personalization.SIZE_RANGE,
    )


async def _sample(request: Request, form: WatermarkForm) -> dict[str, Any]:
    """The sample as a data URL: browsers request the images of a page without an ID token."""
    picture = await personalization.sample(_app(request), form)
    url = f"data:{picture.mime};base64,{base64.b64encode(picture.data).decode()}"
    return {"url": url, "width": picture.width, "height": picture.height}


def _app(request: Request) -> App:
    app: App = request.app.state.app
    return app
