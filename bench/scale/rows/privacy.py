"""Requests about personal data, the audit log, and sweeps whose rounds have all ended just now."""

from __future__ import annotations

from app.privacy import retention
from bench.scale.dataset import DAY_MS, Dataset
from bench.scale.rows.messages import Messages

REQUESTS = 20_000
REQUESTS_KEPT_DAYS = 88
AUDITED = 100_000


def fill(data: Dataset, _: Messages) -> None:
    request = data.table(
        *("privacy_requests", "id", "shop_id", "kind", "state", "asked_by", "completed_at", "created_at"),
        "updated_at",
    )
    count = data.count(REQUESTS)
    for number, shop_id in enumerate(data.pick_shops(count)):
        ms = data.now_ms - REQUESTS_KEPT_DAYS * DAY_MS + number * REQUESTS_KEPT_DAYS * DAY_MS // count
        at = data.text_at(ms)
        request(data.id_at(ms), shop_id, "redaction", "done", "shopify", at, at, at)
    audited = data.table("audit_log", "id", "shop_id", "actor", "action", "subject", "at", "created_at", "updated_at")
    count = data.count(AUDITED)
    for number, shop_id in enumerate(data.pick_shops(count)):
        ms = data.start_ms + number * (data.now_ms - data.start_ms) // count
        at = data.text_at(ms)
        audited(data.id_at(ms), shop_id, "shopify", "customer_deleted", data.id_at(ms), at, at, at)
    sweep = data.table("sweeps", "name", "begun_at", "created_at", "updated_at")
    now = data.text_at(data.now_ms)
    for name in retention.SWEEPS:
        sweep(name, now, now, now)
