"""Webhook deliveries and jobs, which several capabilities add. Both are kept for thirty days."""

from __future__ import annotations

from collections.abc import Iterator

from app.privacy.model import MESSAGE_LIFE
from bench.scale.dataset import DAY_MS, Dataset

KEPT_MS = int(MESSAGE_LIFE.total_seconds() * 1000) - DAY_MS // 24
"""An hour less than the time for which they are kept, so that none is due for deletion."""


class Messages:
    """Adds deliveries and jobs. `jobs` is how many jobs it has added."""

    def __init__(self, data: Dataset):
        self._data = data
        self.jobs = 0
        self._delivery = data.table(
            *("webhook_deliveries", "id", "shop_id", "topic", "event_id", "webhook_id", "triggered_at", "status"),
            *("fields", "job_kind", "customer_id", "created_at", "updated_at"),
        )
        self._job = data.table(
            *("jobs", "id", "shop_id", "kind", "subject_id", "dedupe_key", "status", "priority", "run_at", "attempts"),
            *(
                "lease_token",
                "lease_until",
                "lease_order",
                "woken_at",
                "last_error",
                "lane",
                "created_at",
                "updated_at",
            ),
        )

    def spread(self, count: int) -> Iterator[tuple[str, int]]:
        """Yield shops with times in milliseconds, spread evenly over the time for which messages are kept."""
        data = self._data
        for number, shop_id in enumerate(data.pick_shops(count)):
            yield shop_id, data.now_ms - KEPT_MS + int((number + data.random.random()) * KEPT_MS / count)

    def add_delivery(
        self, shop_id: str, topic: str, kind: str, ms: int, fields: str, customer_id: str | None = None
    ) -> None:
        """Add a webhook that was processed, and its job."""
        data = self._data
        delivery_id, event_id, at = data.id_at(ms), data.random_hex(32), data.text_at(ms)
        self._delivery(delivery_id, shop_id, topic, event_id, event_id, at, "done", fields, kind, customer_id, at, at)
        self.add_job(shop_id, kind, delivery_id, ms, priority=1, key=f"webhook:{shop_id}:{topic}:{event_id}:{kind}")

    def add_job(
        self,
        shop_id: str,
        kind: str,
        subject_id: str,
        ms: int,
        *,
        status: str = "done",
        priority: int = 0,
        lane: str | None = None,
        key: str | None = None,
    ) -> None:
        """Add a job. The lease of one that is running ends a day after the dataset's time."""
        data, at = self._data, self._data.text_at(ms)
        was_leased, is_running = status != "pending", status == "running"
        self.jobs += 1
        self._job(
            *(data.id_at(ms), shop_id, kind, subject_id, key or f"{kind}:{subject_id}", status, priority, at),
            *(int(was_leased), "lease" if is_running else None),
            *(data.text_at(data.now_ms + DAY_MS) if is_running else None, data.id_at(ms) if was_leased else None),
            *(at, "unreachable" if status == "dead" else None, lane, at),
            at if status in ("pending", "running") else data.text_at(ms + 900),
        )
