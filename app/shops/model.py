"""Shops and identities: plain values and rules."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

NEEDED_SCOPES = ("read_products", "write_app_proxy", "write_orders")
"""What the app asks of a merchant, as shopify.app.toml has it."""

DUTIES = ("customers/data_request", "customers/redact", "shop/redact")
"""Topics that are worked on whether or not the shop still has the app."""

REDACT_AFTER = timedelta(hours=48)
"""So long after an uninstall Shopify sends shop/redact."""
SLACK_EARLY = timedelta(hours=1)
"""How much earlier than that it may come."""


class Access(StrEnum):
    """What our access to a shop is worth."""

    HELD = "held"
    ENDING = "ending"
    LOST = "lost"
    RENEWED = "renewed"
    """It was lost until this visit."""


@dataclass(frozen=True)
class Proof:
    """When Shopify showed that the app is installed: between `at_least` and `at_most`, as near as can be known.

    `asked_at` is when we asked, by our own.
    """

    at_least: datetime
    at_most: datetime
    asked_at: datetime

    @classmethod
    def now(cls, now: datetime, said_at: datetime | None = None) -> Proof:
        """`said_at` is Shopify's time, in whole seconds; without it our clock has to do."""
        if said_at is None:
            return cls(now, now, now)
        return cls(seen_at(said_at, now), max(now, said_at + timedelta(seconds=1)), now)


def seen_at(said_at: datetime, now: datetime) -> datetime:
    """When a visit showed the app installed, to the millisecond, as webhooks tell of uninstalls.

    Shopify says it in whole seconds: it is taken as late in that second as it reached us, so that one who leaves,
    comes back and is seen, all within a second, counts as back.
    """
    return max(said_at, min(now, said_at + timedelta(milliseconds=999)))


@dataclass(frozen=True)
class Shop:
    """`id` is the myshopify domain; `timezone` an IANA name; `currency` an ISO 4217 code."""

    id: str
    shop_name: str | None
    currency: str
    timezone: str
    locale: str
    is_active: bool
    installed_at: datetime | None
    settings: dict[str, Any] | None
    scope: str | None = None
    uninstalled_at: datetime | None = None
    proven_at: datetime | None = None
    access_lost_at: datetime | None = None
    created_at: datetime | None = None

    def may_be_repeated(self, changed_at: datetime | None) -> bool:
        """Whether an app/uninstalled, with the Shop as it was at a time, may be one of an earlier installation.

        Its body was signed then, and could be sent again with the headers of a new one. The Shop that Shopify sends
        always says when it changed; without that, a shop that was not here before cannot have sent one.
        """
        if not self.is_active or self.installed_at is None:
            return False
        if changed_at is not None:
            return changed_at <= self.installed_at
        return self.created_at is not None and self.created_at < self.installed_at

    def installed_after(self, moment: datetime | None) -> bool:
        """Whether the app was seen installed after a message was sent: then the message is not about it.

        A merchant may uninstall and install again within a minute, while the message about the first waits: it is
        their visit that tells, `proven_at`, not a new token alone.
        """
        return moment is not None and any(seen > moment for seen in (self.installed_at, self.proven_at) if seen)

    def is_news(self, seen_at: datetime | None) -> bool:
        """Whether a visit shows the app installed later than we knew."""
        return seen_at is not None and (self.proven_at is None or self.proven_at < seen_at)

    def redact_is_due(self, told_at: datetime) -> bool:
        """Whether a shop/redact, sent at a time, is about what is kept here.

        One that follows an earlier uninstall than the last comes again, and one that meets a shop which has come back
        changes nothing.
        """
        if self.is_active:
            return False
        return self.uninstalled_at is None or self.uninstalled_at <= told_at - REDACT_AFTER + SLACK_EARLY

    def may_have_left(self, told_at: datetime) -> bool:
        """Whether a shop that counts as installed can be one whose uninstall we never heard of.

        A merchant who was seen since the uninstall that a shop/redact, sent at a time, follows has come back.
        """
        return self.is_active and not self.installed_after(told_at - REDACT_AFTER)

    def access(self, token: StoredToken | None, now: datetime) -> Access:
        """Held, ending within a day, or lost until the merchant's next visit."""
        if token is None or self.access_lost_at is not None:
            return Access.LOST
        if token.refresh_expires_at is None or token.refresh_expires_at > now + timedelta(days=1):
            return Access.HELD
        return Access.ENDING if token.refresh_expires_at > now else Access.LOST

    @property
    def missing_scopes(self) -> list[str]:
        """What the app needs and the merchant has not granted. To write is to read, too."""
        granted = {scope.strip() for scope in (self.scope or "").split(",")}
        granted |= {f"read_{scope.removeprefix('write_')}" for scope in granted if scope.startswith("write_")}
        return [scope for scope in NEEDED_SCOPES if scope not in granted]


@dataclass(frozen=True)
class Merchant:
    """Somebody of the shop's staff, signed in by Shopify. `access` is ours to the shop, once they are in."""

    shop: Shop
    staff: str
    access: Access = Access.HELD


Owner = tuple[str | None, str | None]
"""Whose something is: a shopper's or a guest session's id, one of them."""


@dataclass(frozen=True)
class Shopper:
    """A customer with an account; `guest_id` is who they were before they signed in, if they showed that token."""

    shop: Shop
    id: str
    customer_id: str
    guest_id: str | None = None

    @property
    def shopper_id(self) -> str | None:
        return self.id

    @property
    def guest_session_id(self) -> str | None:
        return None

    @property
    def token(self) -> str | None:
        return None

    @property
    def owners(self) -> list[Owner]:
        return [(self.id, None), *([(None, self.guest_id)] if self.guest_id else [])]


@dataclass(frozen=True)
class Guest:
    """A shopper without an account, known by a token that their browser keeps."""

    shop: Shop
    id: str
    token: str

    @property
    def shopper_id(self) -> str | None:
        return None

    @property
    def guest_session_id(self) -> str | None:
        return self.id

    @property
    def owners(self) -> list[Owner]:
        return [(None, self.id)]


Visitor = Shopper | Guest


@dataclass(frozen=True)
class StoredToken:
    """The offline token as it lies in the database, sealed."""

    shop_id: str
    access_cipher: str
    access_expires_at: datetime | None
    refresh_cipher: str | None
    refresh_expires_at: datetime | None
    scope: str | None
    version: int
    updated_at: datetime


@dataclass(frozen=True)
class Delivery:
    """A webhook as it was recorded: the few fields we need, never the body."""

    id: str
    shop_id: str
    topic: str
    triggered_at: datetime | None
    status: str
    fields: dict[str, Any] | None
    created_at: datetime
