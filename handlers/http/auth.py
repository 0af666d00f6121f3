"""Who asks: the only place where a request becomes an identity."""

from __future__ import annotations

from starlette.requests import Request

from app import shops
from app.core import signed_calls
from app.core.app import App
from app.core.errors import NotFound
from app.core.ports.shopify import Grant, ProxyVisit, SignedRequest
from app.shops import Merchant, Visitor
from handlers.http import parse


async def merchant(request: Request) -> Merchant:
    """Somebody of a shop's staff. Raises DoorReply (bounce, or 401 with a retry header), Unavailable."""
    app: App = request.app.state.app
    visit = app.shopify_auth.verify_admin(signed(request))
    request.state.page_headers, request.state.shop = visit.headers, visit.shop
    return await shops.admit(app, visit)


def installer(request: Request) -> str:
    """The shop that a merchant wants to install the app in. Raises Unauthorized, BadRequest."""
    app: App = request.app.state.app
    request.state.shop = shop = app.shopify_auth.verify_install(signed(request))
    return shop


def grant(request: Request) -> Grant:
    """A merchant who comes back with Shopify's consent. Raises Unauthorized, BadRequest."""
    app: App = request.app.state.app
    found = app.shopify_auth.verify_grant(signed(request))
    request.state.shop = found.shop
    return found


def storefront(request: Request) -> ProxyVisit:
    """A request through the app proxy. Raises Unauthorized."""
    app: App = request.app.state.app
    visit = app.shopify_auth.verify_proxy(signed(request))
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


async def render_worker(request: Request) -> bytes:
    """A machine that holds JOBS_KEY: the body that it signed. Raises Unauthorized, or NotFound where none is let in."""
    app: App = request.app.state.app
    if app.settings.jobs_key is None:
        raise NotFound()
    body = await parse.raw(request, parse.MAX_JSON_BYTES)
    call = signed_calls.SignedCall(request.method, request.scope["path"], body)
    call.verify(request.headers.get(signed_calls.HEADER, ""), app.settings.jobs_key, app.clock.now())
    return body


def signed(request: Request, body: bytes = b"") -> SignedRequest:
    """The request as Shopify signed it. Bytes that are not text stay apart, so that they match no signature.

    Values of a repeated header are joined by a comma (RFC 9110, 5.3): neither the first nor the last of them counts.
    """
    headers: dict[str, str] = {}
    for name, value in ((each.decode("latin-1") for each in pair) for pair in request.headers.raw):
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    return SignedRequest(request.method, _url(request), headers, body)


def _url(request: Request) -> str:
    """The address exactly as it came: Starlette's own has the path decoded, and a %3F would become a query."""
    path = request.scope.get("raw_path") or request.url.path.encode()
    query = request.scope["query_string"]
    target = path.partition(b"?")[0] + (b"?" + query if query else b"")
    return f"https://{request.headers.get('host', '')}{target.decode('latin-1')}"
