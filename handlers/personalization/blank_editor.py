"""The editor of a blank and its print sizes."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from app import personalization
from app.personalization import BlankEditor, BlankForm, SizeForm
from app.shops import Merchant
from handlers.http import auth, limits, parse
from handlers.http.pages import page

INTENT_NAMES = {
    "relative": "Keep colours, and clip those that cannot be printed",
    "perceptual": "Compress all colours into those that can be printed",
}


@dataclass(frozen=True)
class BlankBody:
    name: str = ""
    description: str = ""
    options: str = ""
    price: str = ""
    format: str = "jpg"
    intent: str = "relative"
    background: str = "#ffffff"
    seen: str = ""
    confirmed: bool = False

    @property
    def form(self) -> BlankForm:
        return BlankForm(
            self.name,
            self.description,
            self.options,
            self.price,
            self.format,
            self.intent,
            self.background,
            self.seen,
        )


@dataclass(frozen=True)
class SizeBody:
    name: str = ""
    values: str = ""
    width: str = ""
    height: str = ""
    unit: str = "mm"
    dpi: str = "300"
    bleed: str = "0"
    safe: str = "0"
    price: str = ""
    active: bool = False
    seen: str = ""
    confirmed: bool = False

    @property
    def form(self) -> SizeForm:
        return SizeForm(
            self.name,
            self.values,
            self.width,
            self.height,
            self.unit,
            self.dpi,
            self.bleed,
            self.safe,
            self.price,
            self.active,
            self.seen,
        )


async def new_blank(request: Request) -> Response:
    merchant = await auth.merchant(request)
    return _page(request, "blank", merchant, BlankEditor(None, BlankForm(), []))


async def create(request: Request) -> Response:
    merchant = await auth.merchant(request)
    body = await parse.body(request, BlankBody)
    await limits.merchant(request, "starter", merchant.shop.id)
    created = await personalization.create_blank(request.app.state.app, merchant.shop, body.form)
    return _page(request, "_blank", merchant, created, "Blank added. Add its print sizes.")


async def blank(request: Request) -> Response:
    merchant = await auth.merchant(request)
    app, base_id = request.app.state.app, request.path_params["base_id"]
    return _page(request, "blank", merchant, await personalization.blank_editor(app, merchant.shop.id, base_id))


async def save(request: Request) -> Response:
    merchant = await auth.merchant(request)
    body = await parse.body(request, BlankBody)
    app, base_id = request.app.state.app, request.path_params["base_id"]
    saved = await personalization.save_blank(app, merchant.shop, base_id, body.form, confirmed=body.confirmed)
    return _page(request, "_blank", merchant, saved, "Blank saved")


async def add_size(request: Request) -> Response:
    merchant = await auth.merchant(request)
    body = await parse.body(request, SizeBody)
    await limits.merchant(request, "starter", merchant.shop.id)
    app, base_id = request.app.state.app, request.path_params["base_id"]
    saved = await personalization.add_size(app, merchant.shop.id, base_id, body.form)
    return _page(request, "_blank", merchant, saved, "Print size added")


async def save_size(request: Request) -> Response:
    merchant = await auth.merchant(request)
    body = await parse.body(request, SizeBody)
    app, shop_id = request.app.state.app, merchant.shop.id
    base_id, size_id = request.path_params["base_id"], request.path_params["base_variant_id"]
    saved = await personalization.save_size(app, shop_id, base_id, size_id, body.form, confirmed=body.confirmed)
    return _page(request, "_blank", merchant, saved, "Print size saved")


def _page(request: Request, name: str, merchant: Merchant, editor: BlankEditor, message: str = "") -> Response:
    return page(
        request,
        f"personalization/{name}.html",
        blank=editor,
        form=editor.form,
        currency=merchant.shop.currency,
        formats=personalization.FORMATS,
        intents=INTENT_NAMES,
        units=personalization.UNITS,
        message=message,
    )
