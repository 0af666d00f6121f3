"""Every route of the app, on one page."""

from __future__ import annotations

from pathlib import Path

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from app.core.app import App
from handlers import errors, health, home, media, personalization, webhooks
from handlers.requests import RequestContext

STATIC = Path(__file__).parent / "static"

ROUTES = [
    Route("/", home.home),
    Route("/auth/bounce", home.bounce),
    Route("/orders", personalization.orders),
    Route("/orders/items/{item_id}/retry", personalization.retry, methods=["POST"]),
    Route("/webhooks", webhooks.receive, methods=["POST"]),
    Route("/proxy/products/{product_id}", personalization.offer),
    Route("/proxy/uploads", personalization.open_upload, methods=["POST"]),
    Route("/proxy/previews", personalization.create_preview, methods=["POST"]),
    Route("/proxy/previews/{preview_id}", personalization.preview_state),
    Route("/proxy/previews/{preview_id}/cancel", personalization.cancel_preview, methods=["POST"]),
    Route("/media/{key:path}", media.upload, methods=["PUT", "OPTIONS"]),
    Route("/media/{key:path}", media.download),
    Route("/healthz", health.healthz),
    Mount("/static", StaticFiles(directory=STATIC)),
]


def create(app: App) -> Starlette:
    """The ASGI application for an App. It has no lifespan: every runtime can run it."""
    starlette = Starlette(routes=ROUTES, middleware=[Middleware(RequestContext)], exception_handlers=errors.HANDLERS)
    starlette.state.app = app
    return starlette
