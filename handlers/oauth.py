"""The legacy installation: off to Shopify's consent page, and back with a code."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from app import shops
from app.core.app import App
from handlers.http import auth, limits


async def begin(request: Request) -> Response:
    """Anybody may begin, in the name of any shop, and each beginning is a row for ten minutes."""
    app: App = request.app.state.app
    shop_id = auth.installer(request)
    await limits.stranger(request, "install", shop_id)
    return RedirectResponse(await shops.begin_grant(app, shop_id), 302)


async def finish(request: Request) -> Response:
    app: App = request.app.state.app
    return RedirectResponse(await shops.finish_grant(app, auth.grant(request)), 302)
