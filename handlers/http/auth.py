"""Authentication: the only module that turns a request into an identity."""

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
    """The member of a shop's staff who sent the request.

    Raises AuthReply (a redirect to the bounce page, or 401 with a retry header) and Unavailable.
    """
    app: App = request.app.state.app
    visit = app.shopify_auth.verify_admin(signed(request))
    request.state.page_headers, request.state.shop = visit.headers, visit.shop
    return await shops.admit(app, visit)


def installer(request: Request) -> str:
    """The shop in which a merchant wants to install the app. Raises Unauthorized and BadRequest."""
    app: App = request.app.state.app
    request.state.shop = shop = app.shopify_auth.verify_install(signed(request))
    return shop


def grant(request: Request) -> Grant:
    """The grant that a merchant brings back from Shopify's consent page. Raises Unauthorized and BadRequest."""
    app: App = request.app.state.app
    found = app.shopify_auth.verify_grant(signed(request))
    request.state.shop = found.shop
    return found


def storefront(request: Request) -> ProxyVisit:
    """The verified shop and customer of an app proxy request. Raises Unauthorized."""
    app: App = request.app.state.app
    visit = app.shopify_auth.verify_proxy(signed(request))
    request.state.shop = visit.shop
    return visit


async def visitor(request: Request, visit: ProxyVisit, guest_token: str | None) -> Visitor:
    """The customer or guest who sent a storefront request. Raises NotFound if the app is not installed."""
    app: App = request.app.state.app
    return await shops.visitor(app, visit, guest_token)


async def known_visitor(request: Request, visit: ProxyVisit, guest_token: str | None) -> Visitor:
    """The customer or guest who sent a storefront request. Raises NotFound if the app has no record of them."""
    app: App = request.app.state.app
    return await shops.known_visitor(app, visit, guest_token)


async def render_worker(request: Request) -> bytes:
    """The body of a request that a render worker signed with JOBS_KEY.

    Raises Unauthorized if the signature is wrong, and NotFound if this deployment has no JOBS_KEY.
    """
    app: App = request.app.state.app
    if app.settings.jobs_key is None:
        raise NotFound()
    body = await parse.raw(request, parse.MAX_JSON_BYTES)
    call = signed_calls.SignedCall(request.method, request.scope["path"], body)
    call.verify(request.headers.get(signed_calls.HEADER, ""), app.settings.jobs_key, app.clock.now())
    return body


def signed(request: Request, body: bytes = b"") -> SignedRequest:
    """The request in the form that Shopify's signatures are verified on.

    Headers and query are decoded as Latin-1, which maps each byte to one character: bytes that are not UTF-8 are kept
    and match no signature. Values of a repeated header are joined by commas (RFC 9110, section 5.3), so a sender cannot
    choose which of them is verified.
    """
    headers: dict[str, str] = {}
    for name, value in ((each.decode("latin-1") for each in pair) for pair in request.headers.raw):
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    return SignedRequest(request.method, _url(request), headers, body)


def _url(request: Request) -> str:
    """The URL exactly as it was sent. Starlette decodes the path, which turns a `%3F` into the start of a query."""
    path = request.scope.get("raw_path") or request.url.path.encode()
    query = request.scope["query_string"]
    target = path.partition(b"?")[0] + (b"?" + query if query else b"")
    return f"https://{request.headers.get('host', '')}{target.decode('latin-1')}"
