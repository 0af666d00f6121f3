"""The routes of the app.

A handler's module is imported with its first request. A cold start then loads the code of a single request, however
many capabilities there are.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from importlib import import_module

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from app.core.app import App
from app.core.lazy import load_facades
from app.core.rate_limit_cache import RateLimitCache
from handlers.http import errors
from handlers.http.parse import Room
from handlers.http.request_context import OneAddress, RequestContext
from handlers.prometheus import Requests

Handler = Callable[[Request], Awaitable[Response]]


def late(name: str) -> Handler:
    """A handler that imports `module.function` of this package with its first request, and calls it."""

    async def handler(request: Request) -> Response:
        return await load(name)(request)

    handler.__name__ = name
    return handler


def load(name: str) -> Handler:
    module, _, function = name.rpartition(".")
    found: Handler = getattr(import_module(f"handlers.{module}"), function)
    return found


def load_all() -> None:
    """Import every handler and its dependencies. A long-running server does this at start-up, so that its first
    requests are not slow."""
    for route in ROUTES:
        if isinstance(route, Route) and isinstance(route.name, str):
            load(route.name)
    load_facades()


ROUTES = [
    Route("/", late("home.home")),
    Route("/auth", late("oauth.begin")),
    Route("/auth/callback", late("oauth.finish")),
    Route("/products/sync", late("home.sync_products"), methods=["POST"]),
    Route("/auth/bounce", late("home.bounce")),
    Route("/orders", late("personalization.admin.orders")),
    Route("/orders/items/{item_id}/retry", late("personalization.admin.retry"), methods=["POST"]),
    Route("/orders/items/{item_id}/size", late("personalization.admin.map_size"), methods=["POST"]),
    Route("/orders/items/{item_id}/note", late("personalization.admin.tell_again"), methods=["POST"]),
    Route("/orders/items/{item_id}/upload", late("personalization.admin.open_picture"), methods=["POST"]),
    Route("/orders/items/{item_id}/picture", late("personalization.admin.propose_picture"), methods=["POST"]),
    Route("/orders/items/{item_id}/picture/approve", late("personalization.admin.approve_picture"), methods=["POST"]),
    Route("/orders/deliveries/{delivery_id}/read", late("personalization.admin.read_again"), methods=["POST"]),
    Route("/privacy", late("privacy.privacy_page")),
    Route("/privacy/requests", late("privacy.create_request"), methods=["POST"]),
    Route("/privacy/previews", late("privacy.keep_previews"), methods=["POST"]),
    Route("/webhooks", late("webhooks.receive"), methods=["POST"]),
    Route("/proxy/products/{product_id}", late("personalization.storefront.offer")),
    Route("/proxy/uploads", late("personalization.storefront.open_upload"), methods=["POST"]),
    Route("/proxy/previews", late("personalization.storefront.create_preview"), methods=["POST"]),
    Route("/proxy/previews/{preview_id}", late("personalization.storefront.preview_state")),
    Route("/proxy/previews/{preview_id}/cancel", late("personalization.storefront.cancel_preview"), methods=["POST"]),
    Route("/proxy/previews/{preview_id}/delete", late("privacy.delete_photo"), methods=["POST"]),
    Route("/media/{key:path}", late("http.media.upload"), methods=["PUT", "OPTIONS"]),
    Route("/media/{key:path}", late("http.media.download")),
    Route("/internal/jobs", late("render_workers.lease"), methods=["POST"]),
    Route("/internal/jobs/{job_id}/extend", late("render_workers.extend"), methods=["POST"]),
    Route("/internal/jobs/{job_id}/ticket", late("render_workers.ticket"), methods=["POST"]),
    Route("/internal/jobs/{job_id}/finish", late("render_workers.finish"), methods=["POST"]),
    Route("/internal/jobs/{job_id}/fail", late("render_workers.fail"), methods=["POST"]),
    Route("/internal/jobs/{job_id}/release", late("render_workers.release"), methods=["POST"]),
    Route("/healthz", late("health.healthz")),
    Route("/static/{name}", late("http.static_files.page_file")),
    Route("/metrics", late("metrics.metrics")),
]


def create(app: App) -> Starlette:
    """The ASGI application for an App. It needs no lifespan events, so every runtime can run it."""
    middleware = [Middleware(RequestContext), Middleware(OneAddress)]
    starlette = Starlette(routes=ROUTES, middleware=middleware, exception_handlers=errors.HANDLERS)
    starlette.router.redirect_slashes = False  # as OneAddress says
    starlette.state.app = app
    starlette.state.requests = Requests()
    starlette.state.room = Room()
    starlette.state.rate_limits = RateLimitCache()
    return starlette
