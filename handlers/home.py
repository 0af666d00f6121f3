"""The merchant's home page, and the bounce page that fetches a fresh ID token."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

from starlette.requests import Request
from starlette.responses import Response

from app import catalog, generation, personalization
from app.core.app import App
from app.core.read_batch import ReadBatch
from handlers.http import auth, parse
from handlers.http.pages import page

USAGE_SHOWN = timedelta(days=30)


async def home(request: Request) -> Response:
    """GET /?after=&before=, where both are cursors of the list of products."""
    merchant = await auth.merchant(request)
    app: App = request.app.state.app
    await catalog.expect_sync(app, merchant.shop)
    shown_since = (app.clock.now() - USAGE_SHOWN).strftime("%Y-%m-%d")
    at_once = replace(app, db=ReadBatch(app.db))
    summary, usage, guide = await asyncio.gather(
        personalization.summary(app, merchant.shop, parse.cursor(request.query_params)),
        generation.usage_since(at_once.db, merchant.shop.id, shown_since),
        personalization.setup_guide(at_once, merchant.shop),
    )
    return page(
        request,
        "home.html",
        shop=merchant.shop,
        access=merchant.access,
        summary=summary,
        usage=usage,
        guide=guide,
        storefront=_storefront(app, merchant.shop.id, guide.facts.ready_handle),
        theme_editor=_theme_editor(app, merchant.shop.id),
        consent=app.shopify_auth.admin_url(merchant.shop.id, f"oauth/install?client_id={app.settings.shopify_api_key}"),
    )


async def sync_products(request: Request) -> Response:
    merchant = await auth.merchant(request)
    await catalog.sync_products(request.app.state.app, merchant.shop.id)
    return page(request, "_products_asked.html", status=202)


async def bounce(request: Request) -> Response:
    app: App = request.app.state.app
    reply = app.shopify_auth.bounce_page(auth.signed(request))
    return Response(reply.body, reply.status, dict(reply.headers))


def _storefront(app: App, shop_id: str, handle: str | None) -> str:
    """The page of a product that is ready in the online store, or the store's first page."""
    return app.shopify_auth.store_url(shop_id, f"products/{handle}" if handle else "")


def _theme_editor(app: App, shop_id: str) -> str:
    """Shopify's deep link that adds our block to the product template."""
    block = f"{app.settings.shopify_api_key}/personalizer"
    editor = f"themes/current/editor?template=product&addAppBlockId={block}&target=mainSection"
    return app.shopify_auth.admin_url(shop_id, editor)
