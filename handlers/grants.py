"""The legacy installation: off to Shopify's consent page, and back with a code."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from app import shops
from app.core.app import App
from handlers import auth


async def begin(request: Request) -> Response:
    app: App = request.app.state.app
    return RedirectResponse(await shops.begin_grant(app, auth.installer(request)), 302)


async def finish(request: Request) -> Response:
    app: App = request.app.state.app
    return RedirectResponse(await shops.finish_grant(app, auth.grant(request)), 302)
