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
from handlers.http.parse import BodyMemory
from handlers.http.request_context import RequestContext, StripTrailingSlash
from handlers.prometheus import Requests

Handler = Callable[[Request], Awaitable[Response]]


def lazy(name: str) -> Handler:
    """A handler that calls `module.function` of this package, and imports it with the first request."""

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
    Route("/", lazy("home.home")),
    Route("/auth", lazy("oauth.begin")),
    Route("/auth/callback", lazy("oauth.finish")),
    Route("/products/sync", lazy("home.sync_products"), methods=["POST"]),
    Route("/auth/bounce", lazy("home.bounce")),
    Route("/products", lazy("personalization.products.products")),
    Route("/products", lazy("personalization.products.choose"), methods=["POST"]),
    Route("/products/{product_id}", lazy("personalization.products.product")),
    Route("/products/{product_id}", lazy("personalization.products.enable"), methods=["POST"]),
    Route("/products/{product_id}/refresh", lazy("personalization.products.refresh"), methods=["POST"]),
    Route("/products/{product_id}/blanks", lazy("personalization.products.use_blank"), methods=["POST"]),
    Route(
        "/products/{product_id}/blanks/{base_id}/remove", lazy("personalization.products.leave_blank"), methods=["POST"]
    ),
    Route("/products/{product_id}/sizes", lazy("personalization.products.save_sizes"), methods=["POST"]),
    Route("/products/{product_id}/styles/{style_id}", lazy("personalization.products.offer_style"), methods=["POST"]),
    Route(
        "/products/{product_id}/styles/{style_id}/move", lazy("personalization.products.move_style"), methods=["POST"]
    ),
    Route("/blanks", lazy("personalization.blanks.blanks")),
    Route("/blanks", lazy("personalization.blanks.take"), methods=["POST"]),
    Route("/blanks/new", lazy("personalization.blank_editor.create"), methods=["POST"]),
    Route("/blanks/new", lazy("personalization.blank_editor.new_blank")),
    Route("/blanks/{base_id}", lazy("personalization.blanks.activate"), methods=["POST"]),
    Route("/blanks/{base_id}", lazy("personalization.blank_editor.blank")),
    Route("/blanks/{base_id}/edit", lazy("personalization.blank_editor.save"), methods=["POST"]),
    Route("/blanks/{base_id}/sizes", lazy("personalization.blank_editor.add_size"), methods=["POST"]),
    Route(
        "/blanks/{base_id}/sizes/{base_variant_id}", lazy("personalization.blank_editor.save_size"), methods=["POST"]
    ),
    Route("/styles", lazy("personalization.styles.styles")),
    Route("/styles", lazy("personalization.styles.take"), methods=["POST"]),
    Route("/styles/new", lazy("personalization.style_editor.create"), methods=["POST"]),
    Route("/styles/new", lazy("personalization.style_editor.new_style")),
    Route("/styles/{style_id}", lazy("personalization.styles.activate"), methods=["POST"]),
    Route("/styles/{style_id}", lazy("personalization.style_editor.style")),
    Route("/styles/{style_id}/edit", lazy("personalization.style_editor.save"), methods=["POST"]),
    Route("/styles/{style_id}/copy", lazy("personalization.style_editor.copy"), methods=["POST"]),
    Route("/styles/{style_id}/upload", lazy("personalization.style_editor.open_example"), methods=["POST"]),
    Route("/styles/{style_id}/example", lazy("personalization.style_editor.set_example"), methods=["POST"]),
    Route("/styles/{style_id}/move", lazy("personalization.styles.move"), methods=["POST"]),
    Route("/styles/{style_id}/archive", lazy("personalization.styles.archive"), methods=["POST"]),
    Route("/starter/{name}", lazy("personalization.styles.example")),
    Route("/watermark", lazy("personalization.watermark.watermark")),
    Route("/watermark", lazy("personalization.watermark.save"), methods=["POST"]),
    Route("/watermark/sample", lazy("personalization.watermark.sample"), methods=["POST"]),
    Route("/orders", lazy("personalization.admin.orders")),
    Route("/orders/archives", lazy("personalization.print_archives.create"), methods=["POST"]),
    Route("/orders/archives/{archive_id}/cancel", lazy("personalization.print_archives.cancel"), methods=["POST"]),
    Route("/orders/archives/{archive_id}/sent", lazy("personalization.print_archives.mark_sent"), methods=["POST"]),
    Route("/orders/items/{item_id}/history", lazy("personalization.admin.history")),
    Route("/orders/items/{item_id}/sent", lazy("personalization.admin.mark_sent"), methods=["POST"]),
    Route("/orders/items/{item_id}/retry", lazy("personalization.admin.retry"), methods=["POST"]),
    Route("/orders/items/{item_id}/size", lazy("personalization.admin.map_size"), methods=["POST"]),
    Route("/orders/items/{item_id}/note", lazy("personalization.admin.retry_note"), methods=["POST"]),
    Route("/orders/items/{item_id}/upload", lazy("personalization.admin.open_picture"), methods=["POST"]),
    Route("/orders/items/{item_id}/picture", lazy("personalization.admin.propose_picture"), methods=["POST"]),
    Route("/orders/items/{item_id}/picture/approve", lazy("personalization.admin.approve_picture"), methods=["POST"]),
    Route("/orders/deliveries/{delivery_id}/read", lazy("personalization.admin.read_again"), methods=["POST"]),
    Route("/usage", lazy("usage.usage")),
    Route("/usage.csv", lazy("usage.usage_csv")),
    Route("/settings", lazy("settings.settings")),
    Route("/settings/mail", lazy("settings.set_mail"), methods=["POST"]),
    Route("/privacy", lazy("privacy.privacy_page")),
    Route("/privacy/requests", lazy("privacy.create_request"), methods=["POST"]),
    Route("/privacy/previews", lazy("privacy.keep_previews"), methods=["POST"]),
    Route("/webhooks", lazy("webhooks.receive"), methods=["POST"]),
    Route("/proxy/products/{product_id}", lazy("personalization.storefront.offer")),
    Route("/proxy/uploads", lazy("http.uploads.open_upload"), methods=["POST"]),
    Route("/proxy/previews", lazy("personalization.storefront.create_preview"), methods=["POST"]),
    Route("/proxy/previews/{preview_id}", lazy("personalization.storefront.preview_state")),
    Route("/proxy/previews/{preview_id}/cancel", lazy("personalization.storefront.cancel_preview"), methods=["POST"]),
    Route("/proxy/previews/{preview_id}/delete", lazy("privacy.delete_photo"), methods=["POST"]),
    Route("/media/{key:path}", lazy("http.media.upload"), methods=["PUT", "OPTIONS"]),
    Route("/media/{key:path}", lazy("http.media.download")),
    Route("/internal/jobs", lazy("render_workers.lease"), methods=["POST"]),
    Route("/internal/jobs/{job_id}/extend", lazy("render_workers.extend"), methods=["POST"]),
    Route("/internal/jobs/{job_id}/ticket", lazy("render_workers.ticket"), methods=["POST"]),
    Route("/internal/jobs/{job_id}/finish", lazy("render_workers.finish"), methods=["POST"]),
    Route("/internal/jobs/{job_id}/fail", lazy("render_workers.fail"), methods=["POST"]),
    Route("/internal/jobs/{job_id}/release", lazy("render_workers.release"), methods=["POST"]),
    Route("/healthz", lazy("health.healthz")),
    Route("/static/{name}", lazy("http.static_files.page_file")),
    Route("/metrics", lazy("metrics.metrics")),
]


def create(app: App) -> Starlette:
    """The ASGI application for an App. It needs no lifespan events, so every runtime can run it."""
    middleware = [Middleware(RequestContext), Middleware(StripTrailingSlash)]
    starlette = Starlette(routes=ROUTES, middleware=middleware, exception_handlers=errors.HANDLERS)
    starlette.router.redirect_slashes = False  # StripTrailingSlash explains why
    starlette.state.app = app
    starlette.state.requests = Requests()
    starlette.state.body_memory = BodyMemory()
    starlette.state.rate_limits = RateLimitCache()
    return starlette
