"""Shops and identities: plain values and rules."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any


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

    def installed_after(self, moment: datetime | None) -> bool:
        """Whether the present installation is younger than a message: then the message is not about it."""
        return moment is not None and self.installed_at is not None and self.installed_at > moment


@dataclass(frozen=True)
class Merchant:
    """Somebody of the shop's staff, signed in by Shopify."""

    shop: Shop
    staff: str


@dataclass(frozen=True)
class Shopper:
    """A customer with an account."""

    shop: Shop
    id: str
    customer_id: str

    @property
    def shopper_id(self) -> str | None:
        return self.id

    @property
    def guest_session_id(self) -> str | None:
        return None

    @property
    def token(self) -> str | None:
        return None


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
