"""Every route of the app, on one page.

A handler's module is imported when it is first asked for: a cold start loads the code of one request, however
many capabilities there are.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from importlib import import_module
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from app.core.app import App
from handlers import errors
from handlers.requests import RequestContext

STATIC = Path(__file__).parent / "static"
Handler = Callable[[Request], Awaitable[Response]]


def late(name: str) -> Handler:
    """The handler `module.function` of this package, imported with its first request."""

    async def handler(request: Request) -> Response:
        return await load(name)(request)

    handler.__name__ = name
    return handler


def load(name: str) -> Handler:
    module, _, function = name.partition(".")
    found: Handler = getattr(import_module(f"handlers.{module}"), function)
    return found


def load_all() -> None:
    """Import every handler now: a server that stays need not make its first visitors wait."""
    for route in ROUTES:
        if isinstance(route, Route) and isinstance(route.name, str):
            load(route.name)


class Static(StaticFiles):
    """Browsers keep these files and ask whether they changed: a new version is never met by an old script."""

    def file_response(self, *about: Any, **options: Any) -> Response:
        response = super().file_response(*about, **options)
        response.headers["Cache-Control"] = "no-cache"
        return response


ROUTES = [
    Route("/", late("home.home")),
    Route("/auth/bounce", late("home.bounce")),
    Route("/orders", late("personalization.orders")),
    Route("/orders/items/{item_id}/retry", late("personalization.retry"), methods=["POST"]),
    Route("/webhooks", late("webhooks.receive"), methods=["POST"]),
    Route("/proxy/products/{product_id}", late("personalization.offer")),
    Route("/proxy/uploads", late("personalization.open_upload"), methods=["POST"]),
    Route("/proxy/previews", late("personalization.create_preview"), methods=["POST"]),
    Route("/proxy/previews/{preview_id}", late("personalization.preview_state")),
    Route("/proxy/previews/{preview_id}/cancel", late("personalization.cancel_preview"), methods=["POST"]),
    Route("/media/{key:path}", late("media.upload"), methods=["PUT", "OPTIONS"]),
    Route("/media/{key:path}", late("media.download")),
    Route("/healthz", late("health.healthz")),
    Mount("/static", Static(directory=STATIC)),
]


def create(app: App) -> Starlette:
    """The ASGI application for an App. It has no lifespan: every runtime can run it."""
    starlette = Starlette(routes=ROUTES, middleware=[Middleware(RequestContext)], exception_handlers=errors.HANDLERS)
    starlette.state.app = app
    return starlette
