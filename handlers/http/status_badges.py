"""The label and the tone of every status, in one table for all of the merchant's pages.

A status is found by its column, as `order_items.state`: two tables may use one word in different senses. The words
are the merchant's, and Shopify's own where Shopify has one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Tone = Literal["neutral", "info", "success", "warning", "critical"]
"""Tones of Polaris's badge. `warning`: the merchant has something to do; `critical`: something went wrong for good."""


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
}
"""By table and column, then by value. Preflight is kept as figures; its verdict is no column, but shown like one."""


def status_badge(column: str, status: str) -> StatusBadge:
    """The badge of a column's value. Raises KeyError for one that the table lacks."""
    return STATUS_BADGES[column][status]
