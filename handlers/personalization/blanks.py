"""The merchant's blanks: those of the shop with their print sizes, and those of the starter set."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from app import personalization
from handlers.http import auth, limits, parse
from handlers.http.pages import page
from handlers.personalization.styles import ActiveBody, StarterBody


async def blanks(request: Request) -> Response:
    merchant = await auth.merchant(request)
    return await _list(request, "blanks", merchant.shop.id)


async def take(request: Request) -> Response:
    merchant = await auth.merchant(request)
    body = await parse.body(request, StarterBody)
    await limits.merchant(request, "starter", merchant.shop.id)
    await personalization.take_blank(request.app.state.app, merchant.shop.id, body.starter)
    return await _list(request, "_blanks", merchant.shop.id, message="Blank added")


async def activate(request: Request) -> Response:
    merchant = await auth.merchant(request)
    body = await parse.body(request, ActiveBody)
    app, base_id = request.app.state.app, request.path_params["base_id"]
    await personalization.activate_blank(app, merchant.shop.id, base_id, is_active=body.active)
    return await _list(request, "_blanks", merchant.shop.id, "Blank enabled" if body.active else "Blank disabled")


async def _list(request: Request, name: str, shop_id: str, message: str = "") -> Response:
    found = await personalization.blank_list(request.app.state.app, shop_id)
    return page(request, f"personalization/{name}.html", blanks=found, message=message)
