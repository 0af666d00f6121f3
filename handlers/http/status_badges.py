"""The label and tone of every status on the admin pages, in one table.

A status is looked up by its column, such as `order_items.state`, because two tables may use the same word in different
senses. The labels are terms that merchants know; where Shopify has a term, it is used.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Tone = Literal["neutral", "info", "success", "warning", "critical"]
"""Tones of Polaris's badge. `warning` means that the merchant must act, `critical` that something failed for good."""


@dataclass(frozen=True)
class StatusBadge:
    label: str
    tone: Tone = "neutral"


_PENDING = StatusBadge("Queued", "info")
_RUNNING = StatusBadge("In progress", "info")
_COMPLETED = StatusBadge("Completed", "success")
_FAILED = StatusBadge("Failed", "critical")
_CANCELLED = StatusBadge("Cancelled")

STATUS_BADGES: Mapping[str, Mapping[str, StatusBadge]] = {
    "orders.status": {
        "open": StatusBadge("Payment pending"),
        "paid": StatusBadge("Paid", "success"),
        "partially_refunded": StatusBadge("Partially refunded"),
        "refunded": StatusBadge("Refunded"),
        "cancelled": _CANCELLED,
    },
    "order_items.state": {
        "waiting": StatusBadge("Payment pending"),
        "queued": _PENDING,
        "printing": StatusBadge("Creating print file", "info"),
        "ready": StatusBadge("Ready", "success"),
        "needs_review": StatusBadge("Needs review", "warning"),
        "unmapped": StatusBadge("Needs print size", "warning"),
        "failed": _FAILED,
        "cancelled": _CANCELLED,
    },
    "generations.status": {
        "pending": _PENDING,
        "processing": _RUNNING,
        "completed": _COMPLETED,
        "failed": _FAILED,
        "cancelled": _CANCELLED,
    },
    "generations.upscale_status": {
        "not_needed": StatusBadge("Not needed"),
        "pending": _PENDING,
        "processing": _RUNNING,
        "completed": _COMPLETED,
        "failed": _FAILED,
    },
    "print_archives.status": {
        "pending": _PENDING,
        "processing": _RUNNING,
        "completed": _COMPLETED,
        "failed": _FAILED,
        "cancelled": _CANCELLED,
    },
    "jobs.status": {
        "pending": _PENDING,
        "running": _RUNNING,
        "done": _COMPLETED,
        "failed": _FAILED,
        "dead": StatusBadge("Failed after retries", "critical"),
        "cancelled": _CANCELLED,
    },
    "webhook_deliveries.status": {
        "received": _PENDING,
        "done": _COMPLETED,
        "failed": _FAILED,
        "ignored": StatusBadge("Ignored"),
    },
    "privacy_requests.state": {
        "open": _RUNNING,
        "done": _COMPLETED,
        "failed": _FAILED,
    },
    "preflight.verdict": {
        "ok": StatusBadge("Good", "success"),
        "warn": StatusBadge("Fair", "warning"),
        "poor": StatusBadge("Poor", "critical"),
    },
    "product.readiness": {
        "ready": StatusBadge("Ready", "success"),
        "unfinished": StatusBadge("Setup incomplete", "warning"),
        "off": StatusBadge("Disabled"),
    },
}
"""Badges by table and column, then by value.

A preflight verdict and the readiness of a product are not columns, because they follow from others, but they are
displayed like one.
"""


def status_badge(column: str, status: str) -> StatusBadge:
    """The badge for a column's value. Raises KeyError if the table has no such column or value."""
    return STATUS_BADGES[column][status]
