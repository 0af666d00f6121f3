"""Base classes for the dataclasses with which capabilities read their rows."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app import quotas
from app.core.ids import new_id
from app.shops import Merchant, Owner, Visitor

Requester = Visitor | Merchant
"""Who asks for a generation."""


@dataclass(frozen=True, kw_only=True)
class GenerationRow:
    """A generation that belongs to its shop: every member of the shop's staff may see and cancel it.

    Its fields are the columns that the lifecycle reads. If `Kind.status` names another column than `status`, `status`
    is a column of the capability's own. `quota_period` is the month, as YYYY-MM in the shop's time zone, in which
    the generation was requested.
    """

    id: str
    shop_id: str
    created_at: datetime
    quota_period: str | None = None
    idempotency_key: str | None = None
    status: str = "pending"
    progress: int = 0
    error_code: str | None = None
    error_message: str | None = None

    @property
    def owner(self) -> Owner:
        """The shopper's or the guest session's id; both are None if the generation belongs to its shop."""
        return None, None

    def belongs_to(self, owners: Collection[Owner]) -> bool:
        """Return whether one of these owners may see and cancel the generation."""
        return self.owner in owners


@dataclass(frozen=True, kw_only=True)
class ShopperRow(GenerationRow):
    """A generation that belongs to a shopper or to a guest session."""

    shopper_id: str | None = None
    guest_session_id: str | None = None

    @property
    def owner(self) -> Owner:
        return self.shopper_id, self.guest_session_id

    def belongs_to(self, owners: Collection[Owner]) -> bool:
        """Return whether one of these owners may see and cancel the generation.

        What a guest made and then ordered with an account belongs to both the customer and the browser.
        """
        mine = {self.shopper_id, self.guest_session_id} - {None}
        return any(mine.intersection(owner) for owner in owners)


def request_columns(requester: Requester, key: str | None, at: datetime) -> dict[str, Any]:
    """Return the columns that every request sets, for a new row. `key` is the idempotency key, if there is one."""
    shop = requester.shop
    common = {
        "id": new_id(),
        "shop_id": shop.id,
        "created_at": at,
        "quota_period": quotas.period_of(at, shop.timezone),
        "idempotency_key": key,
    }
    if isinstance(requester, Merchant):
        return common
    return common | {"shopper_id": requester.shopper_id, "guest_session_id": requester.guest_session_id}
