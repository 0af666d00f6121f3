"""Webhooks are recorded and queued, and nothing else: Shopify waits five seconds and never learns more."""

from __future__ import annotations

from typing import Any

from app import jobs
from app.core.app import App
from app.core.errors import AppError
from app.core.ids import new_id
from app.core.ports import Webhook
from app.jobs import Job
from app.shops import queries


async def receive(app: App, webhook: Webhook, job_kind: str, fields: dict[str, Any]) -> None:
    """Keep the fields and queue the job, once per event however often it is delivered."""
    now, delivery_id = app.clock.now(), new_id()
    dedupe_key = f"webhook:{webhook.shop}:{webhook.topic}:{webhook.event_id}"
    job = jobs.new(job_kind, webhook.shop, delivery_id, at=now, dedupe_key=dedupe_key, priority=1)
    await app.db.batch(
        queries.insert_delivery(delivery_id, webhook, "received", fields, None, now), jobs.insert(job, now)
    )
    await app.queue.wake(job.id)


async def give_up(app: App, job: Job, fault: AppError) -> list[object]:
    """The job of a webhook failed: its delivery says so."""
    return [queries.close_delivery(job.shop_id, job.subject_id, "failed", fault.code, app.clock.now())]


async def refuse(app: App, webhook: Webhook, status: str, reason: str) -> None:
    """Record one that we cannot use (`failed`) or do not need (`ignored`)."""
    await app.db.batch(queries.insert_delivery(new_id(), webhook, status, None, reason, app.clock.now()))
