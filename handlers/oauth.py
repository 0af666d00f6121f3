"""The legacy installation: the redirect to Shopify's consent page, and the callback with the code."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from app import shops
from app.core.app import App
from handlers.http import auth, limits


async def begin(request: Request) -> Response:
    """GET /auth. Anyone may start an installation for any shop, and each start stores a row for ten minutes, so it is
    limited."""
    app: App = request.app.state.app
    shop_id = auth.installer(request)
    await limits.anyone(request, "install", shop_id)
    return RedirectResponse(await shops.begin_grant(app, shop_id), 302)


async def finish(request: Request) -> Response:
    app: App = request.app.state.app
    return RedirectResponse(await shops.finish_grant(app, auth.grant(request)), 302)
