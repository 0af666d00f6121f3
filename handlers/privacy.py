"""Privacy over HTTP: the merchant's page and requests, and a shopper who deletes their photo."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from app import privacy
from app.core.app import App
from handlers import auth, limits, parse
from handlers.pages import page


@dataclass(frozen=True)
class RequestBody:
    kind: str
    customer_id: str


@dataclass(frozen=True)
class DeleteBody:
    guest_token: str | None = None


async def privacy_page(request: Request) -> Response:
    merchant = await auth.merchant(request)
    app: App = request.app.state.app
    return page(request, "privacy/privacy.html", overview=await privacy.overview(app, merchant.shop.id))


async def create_request(request: Request) -> Response:
    merchant = await auth.merchant(request)
    body = await parse.body(request, RequestBody)
    app: App = request.app.state.app
    await limits.merchant(request, "privacy", merchant.shop.id)
    await privacy.ask(app, merchant.shop.id, body.kind, body.customer_id)
    return page(request, "privacy/_requests.html", status=202, overview=await privacy.overview(app, merchant.shop.id))


async def delete_photo(request: Request) -> Response:
    visit = auth.storefront(request)
    body = await parse.body(request, DeleteBody)
    app: App = request.app.state.app
    visitor = await auth.known_visitor(request, visit, body.guest_token)
    await limits.shopper(request, "delete", visit, body.guest_token)
    return JSONResponse({"deleted": await privacy.delete_photo(app, visitor, request.path_params["preview_id"])})
