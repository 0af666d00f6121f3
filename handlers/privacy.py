"""Privacy over HTTP: the merchant's page and requests, and the deletion of a photo by its shopper."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from app import privacy
from app.core.app import App
from handlers.http import auth, limits, parse
from handlers.http.pages import page

RETENTION_RANGE = (privacy.LEAST_PREVIEW_LIFE, privacy.LONGEST_PREVIEW_LIFE)
"""The shortest and the longest time for which previews may be kept."""


@dataclass(frozen=True)
class RequestBody:
    kind: str
    customer_id: str


@dataclass(frozen=True)
class DeleteBody:
    guest_token: str | None = None


@dataclass(frozen=True)
class RetentionBody:
    days: str


async def privacy_page(request: Request) -> Response:
    merchant = await auth.merchant(request)
    overview = await privacy.overview(request.app.state.app, merchant.shop)
    return page(request, "privacy/privacy.html", overview=overview, kept=overview.kept, allowed=RETENTION_RANGE)


async def create_request(request: Request) -> Response:
    merchant = await auth.merchant(request)
    body = await parse.body(request, RequestBody)
    app: App = request.app.state.app
    await limits.merchant(request, "privacy", merchant.shop.id)
    await privacy.ask(app, merchant.shop.id, body.kind, body.customer_id)
    return page(request, "privacy/_requests.html", status=202, overview=await privacy.overview(app, merchant.shop))


async def keep_previews(request: Request) -> Response:
    merchant = await auth.merchant(request)
    body = await parse.body(request, RetentionBody)
    kept = await privacy.keep_previews(request.app.state.app, merchant.shop, body.days)
    return page(request, "privacy/_retention.html", kept=kept, allowed=RETENTION_RANGE)


async def delete_photo(request: Request) -> Response:
    visit = auth.storefront(request)
    body = await parse.body(request, DeleteBody)
    app: App = request.app.state.app
    visitor = await auth.known_visitor(request, visit, body.guest_token)
    await limits.shopper(request, "delete", visit, body.guest_token)
    return JSONResponse({"deleted": await privacy.delete_photo(app, visitor, request.path_params["preview_id"])})
