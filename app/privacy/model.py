"""What is asked about people, and how long things are kept."""

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
"""A file may lie a while before its row is written, and no ticket or job lives as long as this."""
GONE_LIFE = timedelta(days=2)
"""How long the row of a photo that is gone stays at least: longer than a job that deletes its object is tried."""
MESSAGE_LIFE = timedelta(days=30)
REQUEST_LIFE = timedelta(days=90)
AUDIT_LIFE = timedelta(days=730)
RETENTION = "preview_days"
"""The shop's setting: after how many days previews that nobody ordered go."""


@dataclass(frozen=True)
class Request:
    """`kind` is export or redaction; `state` open, done or failed. No customer is named once their data are gone."""

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
    """A line of the audit log: who did what, and to which request or preview. It names no person."""

    actor: str
    action: str
    subject: str
    at: datetime


@dataclass(frozen=True)
class Overview:
    """What a merchant sees; `downloads` are short-lived links by request, `kept` how long previews are."""

    requests: list[Request]
    lines: list[Line]
    downloads: dict[str, str]
    kept: timedelta


@dataclass(frozen=True)
class Customer:
    """A customer of a shop; `id` is Shopify's."""

    shop_id: str
    id: str


@dataclass(frozen=True)
class Made:
    """An item that a capability made for somebody, as its end needs it; `row` has what its refund reads."""

    id: str
    status: str
    row: Mapping[str, Any]


def preview_life(settings: Mapping[str, Any] | None) -> timedelta:
    """How long a shop keeps previews that nobody ordered."""
    days = (settings or {}).get(RETENTION)
    if not isinstance(days, int):
        return PREVIEW_LIFE
    return min(max(LEAST_PREVIEW_LIFE, timedelta(days=days)), LONGEST_PREVIEW_LIFE)
