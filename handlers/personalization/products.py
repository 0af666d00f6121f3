"""The merchant's products: the list with Shopify's picker, and the page of one with its print sizes and styles."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from app import catalog, personalization
from app.core.app import App
from app.core.errors import Unprocessable
from app.personalization import ProductSetup
from handlers.http import auth, limits, parse
from handlers.http.pages import page

PICTURE_LIFE = timedelta(hours=1)


@dataclass(frozen=True)
class ChoiceBody:
    """What the merchant chose in Shopify's picker, and what was chosen when it opened, by global ids."""

    product_ids: list[str]
    shown: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class EnabledBody:
    """`in_list` says that the answer replaces the product's row in the list, not a part of its own page."""

    enabled: bool = False
    in_list: bool = False


@dataclass(frozen=True)
class BlankBody:
    base_id: str


@dataclass(frozen=True)
class SizesBody:
    """Shopify's ids of variants and, in the same order, the print areas chosen for them, "" for none."""

    variants: list[str] = field(default_factory=list)
    choices: list[str] = field(default_factory=list)
    seen: str = ""


@dataclass(frozen=True)
class OfferedBody:
    offered: bool = False


@dataclass(frozen=True)
class MoveBody:
    up: bool = False


async def products(request: Request) -> Response:
    """GET /products?after=, where `after` is the id of the last product of the page before."""
    merchant = await auth.merchant(request)
    after = request.query_params.get("after")
    return await _list(request, "personalization/products.html", merchant.shop.id, after)


async def choose(request: Request) -> Response:
    merchant = await auth.merchant(request)
    body = await parse.body(request, ChoiceBody)
    await limits.merchant(request, "choose", merchant.shop.id)
    await personalization.choose_products(request.app.state.app, merchant.shop.id, body.product_ids, body.shown)
    return await _list(request, "personalization/_products.html", merchant.shop.id)


async def product(request: Request) -> Response:
    merchant = await auth.merchant(request)
    app: App = request.app.state.app
    setup = await personalization.product_setup(app, merchant.shop.id, request.path_params["product_id"])
    return _page(request, "product", setup)


async def enable(request: Request) -> Response:
    merchant = await auth.merchant(request)
    body = await parse.body(request, EnabledBody)
    app, product_id = request.app.state.app, request.path_params["product_id"]
    await catalog.enable_product(app, merchant.shop.id, product_id, is_enabled=body.enabled)
    if not body.in_list:
        return page(request, "personalization/_product_state.html", product_id=product_id, is_enabled=body.enabled)
    card, blanks = await personalization.product_card(app, merchant.shop.id, product_id)
    return page(request, "personalization/_product_row.html", card=card, blanks=blanks)


async def refresh(request: Request) -> Response:
    merchant = await auth.merchant(request)
    await limits.merchant(request, "choose", merchant.shop.id)
    app, product_id = request.app.state.app, request.path_params["product_id"]
    return _page(request, "_print_sizes", await personalization.reread_product(app, merchant.shop.id, product_id))


async def use_blank(request: Request) -> Response:
    merchant = await auth.merchant(request)
    body = await parse.body(request, BlankBody)
    app, product_id = request.app.state.app, request.path_params["product_id"]
    setup = await personalization.use_blank(app, merchant.shop.id, product_id, body.base_id)
    return _page(request, "_print_sizes", setup, message="Blank added. Check its print sizes, then save them.")


async def leave_blank(request: Request) -> Response:
    merchant = await auth.merchant(request)
    app, product_id = request.app.state.app, request.path_params["product_id"]
    setup = await personalization.leave_blank(app, merchant.shop.id, product_id, request.path_params["base_id"])
    return _page(request, "_print_sizes", setup, message="Blank removed")


async def save_sizes(request: Request) -> Response:
    merchant = await auth.merchant(request)
    body = await parse.body(request, SizesBody)
    if len(body.variants) != len(body.choices):
        raise Unprocessable("Each variant needs one choice. Reload the page and choose again.", code="bad_field")
    app, product_id = request.app.state.app, request.path_params["product_id"]
    areas = list(zip(body.variants, body.choices, strict=True))
    setup = await personalization.save_print_areas(app, merchant.shop.id, product_id, areas, body.seen)
    return _page(request, "_print_sizes", setup, message="Print sizes saved")


async def offer_style(request: Request) -> Response:
    merchant = await auth.merchant(request)
    body = await parse.body(request, OfferedBody)
    app, product_id, style_id = request.app.state.app, *_style_of(request)
    setup = await personalization.offer_style(app, merchant.shop.id, product_id, style_id, is_offered=body.offered)
    return _page(request, "_product_styles", setup, message="Style added" if body.offered else "Style removed")


async def move_style(request: Request) -> Response:
    merchant = await auth.merchant(request)
    body = await parse.body(request, MoveBody)
    app, product_id, style_id = request.app.state.app, *_style_of(request)
    setup = await personalization.move_offered_style(app, merchant.shop.id, product_id, style_id, up=body.up)
    return _page(request, "_product_styles", setup, message="Order saved")


async def _list(request: Request, template: str, shop_id: str, after: str | None = None) -> Response:
    found = await personalization.product_list(request.app.state.app, shop_id, after)
    return page(request, template, products=found, is_first=after is None)


def _page(request: Request, name: str, setup: ProductSetup, message: str = "Product updated") -> Response:
    app: App = request.app.state.app
    return page(
        request,
        f"personalization/{name}.html",
        setup=setup,
        product=setup.product,
        examples=examples(app, setup.styles),
        message=message,
    )


def examples(app: App, styles: list[Any]) -> dict[str, str]:
    """Links to the example pictures of styles, by the style's id."""
    ends = app.clock.now() + PICTURE_LIFE
    return {style.id: app.files.link(style.example_key, expires_at=ends) for style in styles if style.example_key}


def _style_of(request: Request) -> tuple[str, str]:
    return request.path_params["product_id"], request.path_params["style_id"]
