"""Requests about personal data, and retention periods."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

EXPORT_LIFE = timedelta(days=7)
LINK_LIFE = timedelta(minutes=15)
PREVIEW_LIFE = timedelta(days=30)
LEAST_PREVIEW_LIFE, LONGEST_PREVIEW_LIFE = timedelta(days=14), timedelta(days=365)
ORPHAN_AGE = timedelta(days=1)
"""Minimum age at which an object without a row is deleted. A file is stored before its row is written, but no upload
ticket or job lives this long."""
GONE_LIFE = timedelta(days=2)
"""Minimum time for which the row of a deleted file is kept: longer than the job that deletes a photo's object is
retried."""
MESSAGE_LIFE = timedelta(days=30)
REQUEST_LIFE = timedelta(days=90)
AUDIT_LIFE = timedelta(days=730)
RETENTION = "preview_days"
"""The shop's setting for how many days to keep previews that were never ordered."""


@dataclass(frozen=True)
class Request:
    """A request to export or delete a customer's data.

    `kind` is export or redaction, and `state` is open, done or failed. `shopify_customer_id` is None once the
    customer's data has been deleted.
    """

    id: str
    shop_id: str
    kind: str
    shopify_customer_id: str | None
    state: str
    asked_by: str
    asset_id: str | None
    created_at: datetime
    completed_at: datetime | None


@dataclass(frozen=True)
class Line:
    """An entry in the audit log: the actor, the action, and the request or preview concerned. It names no person."""

    actor: str
    action: str
    subject: str
    at: datetime


@dataclass(frozen=True)
class Overview:
    """The content of the merchant's privacy page.

    `downloads` are short-lived links to exports, by request. `kept` is how long previews are kept.
    """

    requests: list[Request]
    lines: list[Line]
    downloads: dict[str, str]
    kept: timedelta


@dataclass(frozen=True)
class Customer:
    """A customer of a shop. `id` is Shopify's customer id."""

    shop_id: str
    id: str


@dataclass(frozen=True)
class Made:
    """An item that a capability made for someone, as needed to delete it. `row` has the columns that a refund reads."""

    id: str
    status: str
    row: Mapping[str, Any]


def preview_life(settings: Mapping[str, Any] | None) -> timedelta:
    """Return how long a shop keeps previews that were never ordered, within the permitted range."""
    days = (settings or {}).get(RETENTION)
    if not isinstance(days, int):
        return PREVIEW_LIFE
    return min(max(LEAST_PREVIEW_LIFE, timedelta(days=days)), LONGEST_PREVIEW_LIFE)
