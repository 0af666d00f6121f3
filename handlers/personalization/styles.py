"""The merchant's styles: those of the shop, and those of the starter set."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from app import personalization
from app.core.app import App
from handlers.http import auth, limits, parse
from handlers.http.pages import page
from handlers.personalization.products import MoveBody, examples


@dataclass(frozen=True)
class StarterBody:
    """`starter` is the key of a style or a blank in the starter set."""

    starter: str


@dataclass(frozen=True)
class ActiveBody:
    active: bool = False


async def styles(request: Request) -> Response:
    merchant = await auth.merchant(request)
    return await _list(request, "styles", merchant.shop.id)


async def take(request: Request) -> Response:
    merchant = await auth.merchant(request)
    body = await parse.body(request, StarterBody)
    await limits.merchant(request, "starter", merchant.shop.id)
    await personalization.take_style(request.app.state.app, merchant.shop.id, body.starter)
    return await _list(request, "_styles", merchant.shop.id, message="Style added")


async def activate(request: Request) -> Response:
    merchant = await auth.merchant(request)
    body = await parse.body(request, ActiveBody)
    app, style_id = request.app.state.app, request.path_params["style_id"]
    await personalization.activate_style(app, merchant.shop.id, style_id, is_active=body.active)
    return await _list(request, "_styles", merchant.shop.id, "Style enabled" if body.active else "Style disabled")


async def move(request: Request) -> Response:
    merchant = await auth.merchant(request)
    body = await parse.body(request, MoveBody)
    app, style_id = request.app.state.app, request.path_params["style_id"]
    await personalization.move_style(app, merchant.shop.id, style_id, up=body.up)
    return await _list(request, "_styles", merchant.shop.id, message="Order saved")


async def archive(request: Request) -> Response:
    merchant = await auth.merchant(request)
    app, style_id = request.app.state.app, request.path_params["style_id"]
    await personalization.archive_style(app, merchant.shop.id, style_id)
    return await _list(request, "_styles", merchant.shop.id, message="Style archived")


async def example(request: Request) -> Response:
    """GET /starter/{name}: the example picture of a style in the starter set, which is the same for every shop."""
    picture = personalization.starter_example(request.path_params["name"])
    return Response(picture, headers={"Cache-Control": "public, max-age=86400"}, media_type="image/webp")


async def _list(request: Request, name: str, shop_id: str, message: str = "") -> Response:
    app: App = request.app.state.app
    found = await personalization.style_list(app, shop_id)
    shown = examples(app, found.cards)
    return page(request, f"personalization/{name}.html", styles=found, examples=shown, message=message)
