"""Rate limits: every limit of the app, and the functions that count against them.

A visitor, an address and a shop each have an allowance, and all shops together have one. Neither one shop nor many can
then use up the resources that all of them share: the image model's quota, storage, the database and the processor.

Other requests are not counted, because counting is a durable write. A webhook is signed, and refusing it could only
lose an order. The state of a preview, a shop's offer and the merchant's pages are only read. Polling a state was
measured to take a quarter to half of the time that counting it would take, and only the holder of the preview's view
token gets an answer. The remaining buttons of the orders page do their work once, however often they are pressed.

docs/decisions/0014 explains the figures.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, time, timedelta
from enum import Enum

from starlette.requests import Request

from app import media, shops
from app.core.app import App
from app.core.errors import Refused, TooMany
from app.core.ports.database import Expect
from app.core.ports.shopify import ProxyVisit
from app.quotas import Month
from app.shops import Hit
from handlers.http import client_address

NETWORK_TIMES = 4
"""The allowance of an IPv6 /48, as a multiple of one address's allowance."""
MEGABYTE = 1024 * 1024


class Window(Enum):
    """The period that a count covers. A day ends at midnight UTC, when the keyed hashes of addresses change as well."""

    MINUTE = "minute"
    TICKET = "15 minutes"
    DAY = "day"

    def ends(self, now: datetime) -> datetime:
        if self is Window.DAY:
            return datetime.combine(now.astimezone(UTC).date() + timedelta(days=1), time(), UTC)
        return now + (media.TICKET_LIFE if self is Window.TICKET else timedelta(minutes=1))


@dataclass(frozen=True)
class Limit:
    """The maximum per window for one visitor, one address, one shop and all shops together; None means not counted.

    The network around an IPv6 address may use NETWORK_TIMES as much as one address.
    """

    window: Window = Window.MINUTE
    visitor: int | None = None
    address: int | None = None
    shop: int | None = None
    everyone: int | None = None

    def of(self, by: str) -> int | None:
        if by == "network":
            return self.address and self.address * NETWORK_TIMES
        most: int | None = getattr(self, by)
        return most


LIMITS = {
    "upload": Limit(visitor=10, address=20, shop=300, everyone=3000),
    "upload_day": Limit(Window.DAY, visitor=60, address=150),
    "upload_megabytes": Limit(Window.DAY, address=200),
    "ticket": Limit(Window.TICKET, visitor=6, address=20),
    "preview": Limit(visitor=10, address=30, shop=120, everyone=600),
    "preview_day": Limit(Window.DAY, visitor=60, address=150),
    "pixels": Limit(visitor=600, address=1800, shop=4800, everyone=24_000),
    "pixels_day": Limit(Window.DAY, visitor=3000, address=7500, shop=60_000),
    "cancel": Limit(visitor=20),
    "delete": Limit(visitor=20),
    "picture_upload": Limit(shop=60, everyone=600),
    "picture": Limit(shop=30, everyone=300),
    "picture_pixels": Limit(shop=1800, everyone=18_000),
    "print_archive": Limit(shop=10, everyone=100),
    "choose": Limit(shop=20, everyone=600),
    "starter": Limit(shop=60, everyone=600),
    "watermark": Limit(shop=240, everyone=1200),
    "privacy": Limit(shop=30),
    "install": Limit(address=10, shop=20, everyone=300),
}
MESSAGES = {
    "ticket": "You have uploaded several photos without creating a preview. Create a preview, or wait a few minutes.",
    "upload_day": "You have reached today's limit for photos. Try again tomorrow.",
    "upload_megabytes": "Your internet connection has reached today's limit for photos. Try again tomorrow.",
    "preview_day:visitor": "You have reached today's limit for previews. Try again tomorrow.",
    "preview_day": "Your internet connection has reached today's limit for previews. Try again tomorrow.",
    "preview_reserve": "This shop has few previews left this month, and your internet connection has reached today's "
    "limit. Try again tomorrow.",
    "pixels": "Too many large photos at once. Wait a moment and try again.",
    "pixels_day": "You have reached today's limit for large photos. Try a smaller photo, or try again tomorrow.",
    "picture_pixels": "Too many large pictures at once. Wait a moment and try again.",
}
"""Messages that replace the default one of TooMany, by limit or by `limit:scope` if they differ by scope."""


@dataclass
class PreviewLimits:
    """The limits of a preview request that depend on its photo, and are therefore counted once the photo is known."""

    request: Request
    who: Mapping[str, str]
    hits: list[Hit] = field(default_factory=list)

    def count(self, cost: int, month: Month) -> list[Expect]:
        """Return the statements that count a preview whose photo has this `media.decoding_cost`. Raises TooMany.

        Put them in the batch that starts the preview, so that a preview that does not start is not counted.
        """
        share = min(LIMITS["preview_day"].address or 0, month.address_share)
        limits = {
            "preview_day": (replace(LIMITS["preview_day"], address=share), 1),
            "pixels": (LIMITS["pixels"], cost),
            "pixels_day": (LIMITS["pixels_day"], cost),
        }
        if month.runs_low:
            limits["preview_reserve"] = (Limit(Window.DAY, address=month.address_reserve), 1)
        app = _app(self.request)
        self.hits = list(_hits(self.who, limits, app.clock.now()))
        return shops.counting(app, self.hits, self.request.app.state.rate_limits)

    async def refusal(self, refused: Refused) -> TooMany | None:
        """The error to raise if one of these statements was refused, or None if another statement was."""
        return await shops.refusal(_app(self.request), self.hits, self.request.app.state.rate_limits, refused)

    @property
    def tickets(self) -> Sequence[str]:
        """The keys under which this shopper's open tickets are counted."""
        return _ticket_keys(self.who)


async def upload(request: Request, visit: ProxyVisit, guest_token: str | None, size: int) -> None:
    """Count an upload ticket for a photo of `size` bytes. Raises TooMany."""
    limits = {what: (LIMITS[what], 1) for what in ("upload", "upload_day", "ticket")}
    limits["upload_megabytes"] = (LIMITS["upload_megabytes"], -(-size // MEGABYTE))
    await _count(request, _shopper(request, visit, guest_token), limits)


async def release_ticket(request: Request, visit: ProxyVisit, guest_token: str | None, since: datetime) -> None:
    """Take back the count of a ticket that was not issued."""
    await shops.release(_app(request), _ticket_keys(_shopper(request, visit, guest_token)), since)


async def preview(request: Request, visit: ProxyVisit, guest_token: str | None) -> PreviewLimits:
    """Count a shopper's preview request. Raises TooMany."""
    who = _shopper(request, visit, guest_token)
    await _count(request, who, _once("preview"))
    return PreviewLimits(request, who)


async def shopper(request: Request, what: str, visit: ProxyVisit, guest_token: str | None = None) -> None:
    """Count a storefront request by a customer or guest, whether or not the app knows them. Raises TooMany."""
    await _count(request, _shopper(request, visit, guest_token), _once(what))


async def merchant(request: Request, what: str, shop_id: str, amount: int = 1) -> None:
    """Count a request by a shop's staff. Raises TooMany."""
    await _count(request, {"shop": shop_id, "everyone": "all"}, {what: (LIMITS[what], amount)})


async def anyone(request: Request, what: str, shop_id: str) -> None:
    """Count a request that anyone may send in the name of any shop. Raises TooMany."""
    sender = client_address.of_caller(_app(request), request)
    who = {"address": sender.address, "network": sender.network, "shop": shop_id, "everyone": "all"}
    await _count(request, who, _once(what))


def _shopper(request: Request, visit: ProxyVisit, guest_token: str | None) -> dict[str, str]:
    """The scopes of a shopper's request, from the narrowest to the widest. An empty string is not counted."""
    app, who = _app(request), visit.customer_id or guest_token
    sender = client_address.of_shopper(app, request, visit.shop)
    return {
        "visitor": client_address.keyed_hash(app, "visitor", visit.shop, who) if who else "",
        "address": sender.address,
        "network": sender.network,
        "shop": visit.shop,
        "everyone": "all",
    }


def _once(what: str) -> dict[str, tuple[Limit, int]]:
    return {what: (LIMITS[what], 1)}


async def _count(request: Request, who: Mapping[str, str], limits: Mapping[str, tuple[Limit, int]]) -> None:
    """Count an amount against each limit, all or nothing. Raises TooMany."""
    app = _app(request)
    hits = _hits(who, limits, app.clock.now())
    await shops.hit(app, list(hits), request.app.state.rate_limits)


def _hits(who: Mapping[str, str], limits: Mapping[str, tuple[Limit, int]], now: datetime) -> Iterable[Hit]:
    for by, name in who.items():
        for what, (limit, amount) in limits.items():
            if name and (most := limit.of(by)):
                yield Hit(
                    _key(what, by, name),
                    most,
                    limit.window.ends(now),
                    amount,
                    message=MESSAGES.get(f"{what}:{by}") or MESSAGES.get(what),
                    code="too_many_today" if limit.window is Window.DAY else None,
                    returnable=limit.window is Window.TICKET,
                )


def _ticket_keys(who: Mapping[str, str]) -> list[str]:
    return [_key("ticket", by, name) for by, name in who.items() if name and LIMITS["ticket"].of(by)]


def _key(what: str, by: str, name: str) -> str:
    return f"{what}:{by}:{name}"


def _app(request: Request) -> App:
    app: App = request.app.state.app
    return app
