"""Webhooks are recorded and queued, and nothing else: Shopify waits five seconds and never learns more.

The body is signed, and the headers are not: a header's time counts only where the body has none of its own, and no time
is later than the webhook's arrival.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from app import jobs
from app.core.app import App
from app.core.errors import AppError
from app.core.ids import new_id
from app.core.ports import Webhook
from app.core.times import from_text
from app.jobs import Job
from app.shops import queries

CLOCKS_APART = timedelta(minutes=1)
"""How much later than our clock says a webhook may have been sent. Its time is compared with that of a visit, which is
by Shopify's clock too: cut to ours, a visit and the uninstall that followed it would change places."""


async def receive(app: App, webhook: Webhook, job_kind: str, fields: dict[str, Any]) -> None:
    """Keep the fields and queue the job, once per event and kind of job, however often it is delivered.

    A delivery of the same event that failed before does not stand in the way. Nothing is kept for a shop that never
    installed the app, or whose data were deleted.
    """
    now, delivery_id = app.clock.now(), new_id()
    dedupe_key = f"webhook:{webhook.shop}:{webhook.topic}:{webhook.event_id}:{job_kind}"
    job = jobs.new(job_kind, webhook.shop, delivery_id, at=now, dedupe_key=dedupe_key, priority=1)
    known, _, started = await app.db.batch(
        queries.shop_row(webhook.shop),
        queries.take_delivery(webhook, job_kind, delivery_id, fields, dedupe_key, _told_at(webhook, fields, now), now),
        jobs.start(job, now, queries.is_recorded(webhook.shop, delivery_id)),
    )
    if not known.rows:
        _log_unknown(app, webhook)
    await app.queue.wake(*[str(row["id"]) for row in started.rows])


async def give_up(app: App, job: Job, fault: AppError) -> list[object]:
    """The job of a webhook failed: its delivery says so."""
    return [queries.close_delivery(job.shop_id, job.subject_id, "failed", fault.code, app.clock.now())]


async def refuse(app: App, webhook: Webhook, status: str, reason: str, job_kind: str = "") -> None:
    """Record one that we cannot use (`failed`) or do not need (`ignored`), of a shop that we know.

    `job_kind` names the subscriber that cannot use it; it is empty where a topic has none.
    """
    now = app.clock.now()
    refused = queries.refuse_delivery(webhook, job_kind, new_id(), status, reason, _told_at(webhook, {}, now), now)
    known, _ = await app.db.batch(queries.shop_row(webhook.shop), refused)
    if not known.rows:
        _log_unknown(app, webhook)


def _told_at(webhook: Webhook, fields: dict[str, Any], now: datetime) -> datetime | None:
    """When Shopify says that this was so: by the signed body, else by the header. Never later than now."""
    try:
        said_at: datetime | None = from_text(fields["updated_at"])
    except (KeyError, TypeError, ValueError, OverflowError):
        said_at = webhook.triggered_at
    return said_at and min(said_at, now + CLOCKS_APART)


def _log_unknown(app: App, webhook: Webhook) -> None:
    app.log.info("webhook_of_unknown_shop", topic=webhook.topic, shop=webhook.shop)
