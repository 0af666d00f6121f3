"""Where a request came from, behind Shopify's proxy and perhaps one of our own."""

from __future__ import annotations

from starlette.requests import Request

from app.core.app import App
from app.core.links import sign


def of_shopper(app: App, request: Request, shop: str) -> str:
    """Where a shopper is who comes through Shopify's proxy, hidden; another in each shop."""
    forwarded = ",".join(request.headers.getlist("x-forwarded-for"))
    return hidden(app, "address", shop, shopper_address(forwarded, _peer(request)))


def of_caller(app: App, request: Request) -> str:
    """Where a browser is that comes without Shopify between, hidden: whom the connection, or a proxy of ours, names."""
    return hidden(app, "address", _peer(request))


def hidden(app: App, *words: str) -> str:
    """A keyed hash, new every day: it limits, and cannot be turned back."""
    return sign(app.settings.link_key, f"{app.clock.now():%Y-%m-%d}", *words)[:24]


def _peer(request: Request) -> str:
    return request.client.host if request.client else ""


def shopper_address(forwarded: str, peer: str) -> str:
    """The shopper's address, by X-Forwarded-For and the address that the connection came from.

    Shopify's proxy adds the shopper's address
    (https://shopify.dev/docs/apps/build/online-store/app-proxies/authenticate-app-proxies), and a proxy of ours adds
    Shopify's behind it. What stands before the shopper's was sent by the shopper, who may have made it up.
    """
    chain = [each.strip() for each in forwarded.split(",") if each.strip()]
    if len(chain) > 1 and chain[-1] == peer:
        chain.pop()
    return chain[-1] if chain else peer
