"""Shops and identities: values and rules."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

NEEDED_SCOPES = ("read_products", "write_app_proxy", "write_orders")
"""The scopes that the app requests, as in shopify.app.toml."""

DUTIES = ("customers/data_request", "customers/redact", "shop/redact")
"""Compliance topics, which are processed whether or not the shop still has the app."""

REDACT_AFTER = timedelta(hours=48)
"""How long after an uninstall Shopify sends shop/redact."""
SLACK_EARLY = timedelta(hours=1)
"""How much earlier than that it may arrive."""


class Access(StrEnum):
    """The state of the app's access to a shop."""

    HELD = "held"
    ENDING = "ending"
    LOST = "lost"
    RENEWED = "renewed"
    """It was lost until this visit."""


@dataclass(frozen=True)
class Proof:
    """When Shopify confirmed that the app is installed: between `at_least` and `at_most`, by Shopify's clock.

    `asked_at` is when we asked, by our clock.
    """

    at_least: datetime
    at_most: datetime
    asked_at: datetime

    @classmethod
    def now(cls, now: datetime, said_at: datetime | None = None) -> Proof:
        """`said_at` is Shopify's time in whole seconds; without it, our clock is used."""
        if said_at is None:
            return cls(now, now, now)
        return cls(seen_at(said_at, now), max(now, said_at + timedelta(seconds=1)), now)


def seen_at(said_at: datetime, now: datetime) -> datetime:
    """The time of a visit in milliseconds, to compare it with the times of uninstalls.

    Shopify gives whole seconds. The latest moment in that second at which the visit can have reached us is used, so
    that a merchant who removes the app, installs it again and opens it within one second counts as installed.
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
    block_seen_at: datetime | None = None
    """When a page of the online store first asked for a product's styles, so that its theme has our block."""

    def may_be_repeated(self, changed_at: datetime | None) -> bool:
        """Whether an app/uninstalled whose Shop last changed at `changed_at` may belong to an earlier installation.

        A body that was signed then can be sent again with new headers. The Shop that Shopify sends always says when it
        changed. If it does not, only a shop that was installed before can have an earlier message.
        """
        if not self.is_active or self.installed_at is None:
            return False
        if changed_at is not None:
            return changed_at <= self.installed_at
        return self.created_at is not None and self.created_at < self.installed_at

    def installed_after(self, moment: datetime | None) -> bool:
        """Whether the app was known to be installed after a message was sent, so that the message is out of date.

        A merchant may remove the app and install it again within a minute, while the uninstall message still waits. So
        `proven_at`, the time of a visit, counts as well as the time of a new token.
        """
        return moment is not None and any(seen > moment for seen in (self.installed_at, self.proven_at) if seen)

    def is_newer(self, seen_at: datetime | None) -> bool:
        """Whether a visit is later than the last one recorded."""
        return seen_at is not None and (self.proven_at is None or self.proven_at < seen_at)

    def redact_is_due(self, as_of: datetime) -> bool:
        """Whether a shop/redact sent at `as_of` applies to this shop.

        It does not if the shop is installed, or if the message follows an earlier uninstall than the last one, which
        will have a message of its own.
        """
        if self.is_active:
            return False
        return self.uninstalled_at is None or self.uninstalled_at <= as_of - REDACT_AFTER + SLACK_EARLY

    def may_have_left(self, as_of: datetime) -> bool:
        """Whether the uninstall before a shop/redact sent at `as_of` may have been lost.

        It cannot if a merchant was seen after that uninstall.
        """
        return self.is_active and not self.installed_after(as_of - REDACT_AFTER)

    def access(self, token: StoredToken | None, now: datetime) -> Access:
        """Held, ending within a day, or lost until the merchant's next visit."""
        if token is None or self.access_lost_at is not None:
            return Access.LOST
        if token.refresh_expires_at is None or token.refresh_expires_at > now + timedelta(days=1):
            return Access.HELD
        return Access.ENDING if token.refresh_expires_at > now else Access.LOST

    @property
    def missing_scopes(self) -> list[str]:
        """The needed scopes that the merchant has not granted. A write scope includes its read scope."""
        granted = {scope.strip() for scope in (self.scope or "").split(",")}
        granted |= {f"read_{scope.removeprefix('write_')}" for scope in granted if scope.startswith("write_")}
        return [scope for scope in NEEDED_SCOPES if scope not in granted]


@dataclass(frozen=True)
class Merchant:
    """A member of the shop's staff, signed in by Shopify. `access` is the app's access to the shop after the visit."""

    shop: Shop
    staff: str
    access: Access = Access.HELD

    @property
    def owners(self) -> list[Owner]:
        """What merchants request belongs to the shop, whoever of its staff requested it."""
        return [(None, None)]


Owner = tuple[str | None, str | None]
"""An owner: a shopper's id or a guest session's id, one of them None. Both are None for what belongs to the shop."""


@dataclass(frozen=True)
class Shopper:
    """A customer with an account. `guest_id` is their guest session before they signed in, if they sent its token."""

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
    """The offline token as stored in the database, encrypted."""

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
    """A webhook as recorded: the few fields that are needed, never the body."""

    id: str
    shop_id: str
    topic: str
    triggered_at: datetime | None
    status: str
    fields: dict[str, Any] | None
    created_at: datetime

    @property
    def sent_at(self) -> datetime:
        """When Shopify sent the webhook, or else when it arrived."""
        return self.triggered_at or self.created_at
