"""Where a shopper is, behind Shopify's proxy and perhaps one of our own."""

from __future__ import annotations

from starlette.requests import Request

from app.core.app import App
from app.core.links import sign


def limit_key(app: App, request: Request) -> str:
    """A keyed hash of where the request came from, new every day: it limits, and cannot be turned back."""
    forwarded = ",".join(request.headers.getlist("x-forwarded-for"))
    address = shopper_address(forwarded, request.client.host if request.client else "")
    return sign(app.settings.link_key, "address", f"{app.clock.now():%Y-%m-%d}", address)[:24]


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
