"""How often each may ask: every limit of the app on one page.

A visitor, an address and a shop each have an allowance, and all shops together one, so that neither one shop nor many
drain what all share: the key of the image model, the storage, the database.

What is not here is not counted, because counting is a durable write. A webhook is signed, and refusing it could only
lose an order. The state of a preview, a shop's offer and the merchant's pages are only read: a poll of a state was seen
to take half to a quarter of the time that counting it would, and is answered to the holder of its view token alone. The
other buttons of the orders page do the same work once, however often they are pressed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from starlette.requests import Request

from app import shops
from app.core.app import App
from app.core.ports import ProxyVisit
from handlers import addresses

WINDOW = timedelta(minutes=1)


@dataclass(frozen=True)
class Limit:
    """The most in a minute, of one visitor, from one address, in one shop and in all shops; None is not counted."""

    visitor: int | None = None
    address: int | None = None
    shop: int | None = None
    everyone: int | None = None


LIMITS = {
    "upload": Limit(address=20, shop=300, everyone=3000),
    "preview": Limit(visitor=10, address=30, shop=120, everyone=600),
    "cancel": Limit(visitor=20),
    "delete": Limit(visitor=20),
    "picture_upload": Limit(shop=60, everyone=600),
    "picture": Limit(shop=30, everyone=300),
    "privacy": Limit(shop=30),
    "install": Limit(address=10, shop=20, everyone=300),
}


async def shopper(request: Request, what: str, visit: ProxyVisit, guest_token: str | None = None) -> None:
    """Count what a visitor of a storefront asks for, known or not. Raises TooMany."""
    who = visit.customer_id or guest_token
    visitor = addresses.hidden(_app(request), "visitor", visit.shop, who) if who else ""
    address = addresses.of_shopper(_app(request), request, visit.shop)
    await _count(request, what, {"visitor": visitor, "address": address, "shop": visit.shop, "everyone": "all"})


async def merchant(request: Request, what: str, shop_id: str) -> None:
    """Count what a shop's staff asks for. Raises TooMany."""
    await _count(request, what, {"shop": shop_id, "everyone": "all"})


async def stranger(request: Request, what: str, shop_id: str) -> None:
    """Count what anybody may ask for in the name of any shop. Raises TooMany."""
    address = addresses.of_caller(_app(request), request)
    await _count(request, what, {"address": address, "shop": shop_id, "everyone": "all"})


async def _count(request: Request, what: str, who: Mapping[str, str]) -> None:
    """From the narrowest to what all share. Nobody, as "", is not counted."""
    limit = LIMITS[what]
    allowed = {f"{what}:{by}:{name}": getattr(limit, by) for by, name in who.items() if name and getattr(limit, by)}
    await shops.hit(_app(request), allowed, request.app.state.spent, window=WINDOW)


def _app(request: Request) -> App:
    app: App = request.app.state.app
    return app
