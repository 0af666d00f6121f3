"""Intake of webhooks: record, queue, answer. Shopify waits five seconds and never learns more.

The body is signed, and the headers are not: the header's time counts only if the body has none, and no time may be
later than the webhook's arrival.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from app import jobs
from app.core.app import App
from app.core.errors import AppError
from app.core.ids import new_id
from app.core.ports.shopify import Webhook
from app.core.times import from_text
from app.jobs import Job
from app.shops.queries import deliveries, installs

CLOCKS_APART = timedelta(minutes=1)
"""How far in the future a webhook's time may be. It is compared with the time of a visit, which is by Shopify's clock
too: if it were cut to our clock, a visit and the uninstall after it could change places."""


async def receive(app: App, webhook: Webhook, job_kind: str, fields: dict[str, Any]) -> None:
    """Record the fields and queue the job, once per event and kind of job, however often it is delivered.

    An earlier delivery of the same event that failed is replaced. Nothing is recorded for a shop that never installed
    the app, or whose data was deleted.
    """
    now, delivery_id = app.clock.now(), new_id()
    dedupe_key = f"webhook:{webhook.shop}:{webhook.topic}:{webhook.event_id}:{job_kind}"
    job = jobs.new(job_kind, webhook.shop, delivery_id, at=now, dedupe_key=dedupe_key, priority=1)
    as_of, customer_id = _as_of(webhook, fields, now), fields.get("customer_id")
    known, _, started = await app.db.batch(
        installs.shop_row(webhook.shop),
        deliveries.take_delivery(webhook, job_kind, delivery_id, fields, dedupe_key, as_of, customer_id, now),
        jobs.start(job, now, deliveries.is_recorded(webhook.shop, delivery_id)),
    )
    if not known.rows:
        _log_unknown(app, webhook)
    await app.queue.wake(*[str(row["id"]) for row in started.rows])


async def on_failure(app: App, job: Job, fault: AppError) -> list[object]:
    """Statements that mark the delivery as failed when its job fails for good."""
    return [deliveries.close_delivery(job.shop_id, job.subject_id, "failed", fault.code, app.clock.now())]


async def refuse(app: App, webhook: Webhook, status: str, reason: str, job_kind: str = "") -> None:
    """Record a webhook that cannot be used (`failed`) or is not needed (`ignored`), if its shop is known.

    `job_kind` names the subscriber that cannot use it; it is empty where a topic has none.
    """
    now = app.clock.now()
    refused = deliveries.refuse_delivery(webhook, job_kind, new_id(), status, reason, _as_of(webhook, {}, now), now)
    known, _ = await app.db.batch(installs.shop_row(webhook.shop), refused)
    if not known.rows:
        _log_unknown(app, webhook)


def _as_of(webhook: Webhook, fields: dict[str, Any], now: datetime) -> datetime | None:
    """When Shopify sent it: by the signed body, else by the header; at most CLOCKS_APART in the future."""
    try:
        said_at: datetime | None = from_text(fields["updated_at"])
    except (KeyError, TypeError, ValueError, OverflowError):
        said_at = webhook.triggered_at
    return said_at and min(said_at, now + CLOCKS_APART)


def _log_unknown(app: App, webhook: Webhook) -> None:
    app.log.info("webhook_of_unknown_shop", topic=webhook.topic, shop=webhook.shop)
