"""Who asks: the only place where a request becomes an identity."""

from __future__ import annotations

from starlette.requests import Request

from app import shops
from app.core.app import App
from app.core.ports import ProxyVisit, SignedRequest
from app.shops import Merchant, Visitor


async def merchant(request: Request) -> Merchant:
    """Somebody of a shop's staff. Raises DoorReply (bounce, or 401 with a retry header), Unavailable."""
    app: App = request.app.state.app
    visit = app.door.verify_admin(signed(request))
    request.state.page_headers, request.state.shop = visit.headers, visit.shop
    return await shops.admit(app, visit)


def storefront(request: Request) -> ProxyVisit:
    """A request through the app proxy. Raises Unauthorized."""
    app: App = request.app.state.app
    visit = app.door.verify_proxy(signed(request))
    request.state.shop = visit.shop
    return visit


async def visitor(request: Request, visit: ProxyVisit, guest_token: str | None) -> Visitor:
    """The shopper or guest behind a storefront request. Raises NotFound when the app is not installed."""
    app: App = request.app.state.app
    return await shops.visitor(app, visit, guest_token)


async def known_visitor(request: Request, visit: ProxyVisit, guest_token: str | None) -> Visitor:
    """One whom we have met. Raises NotFound."""
    app: App = request.app.state.app
    return await shops.known_visitor(app, visit, guest_token)


def signed(request: Request, body: bytes = b"") -> SignedRequest:
    """The request as Shopify signed it. Bytes that are not text stay apart, so that they match no signature."""
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in request.headers.raw}
    return SignedRequest(request.method, _url(request), headers, body)


def _url(request: Request) -> str:
    """The address exactly as it came: Starlette's own has the path decoded, and a %3F would become a query."""
    path = request.scope.get("raw_path") or request.url.path.encode()
    query = request.scope["query_string"]
    target = path.partition(b"?")[0] + (b"?" + query if query else b"")
    return f"https://{request.headers.get('host', '')}{target.decode('latin-1')}"
