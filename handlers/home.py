"""The merchant's home page, and the bounce page that fetches a fresh ID token."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from app import personalization
from app.core.app import App
from handlers import auth
from handlers.pages import page


async def home(request: Request) -> Response:
    merchant = await auth.merchant(request)
    app: App = request.app.state.app
    summary = await personalization.summary(app, merchant.shop)
    return page(
        request, "home.html", shop=merchant.shop, summary=summary, theme_editor=_theme_editor(app, merchant.shop.id)
    )


async def bounce(request: Request) -> Response:
    app: App = request.app.state.app
    reply = app.door.bounce_page(auth.signed(request))
    return Response(reply.body, reply.status, dict(reply.headers))


def _theme_editor(app: App, shop_id: str) -> str:
    """Shopify's deep link that adds our block to the product template."""
    block = f"{app.settings.shopify_api_key}/personalizer"
    base = app.settings.shopify_base_url
    shop = f"{base}/{shop_id}" if base else f"https://{shop_id}"
    return f"{shop}/admin/themes/current/editor?template=product&addAppBlockId={block}&target=mainSection"
