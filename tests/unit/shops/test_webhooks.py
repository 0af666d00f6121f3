"""Webhooks are recorded once, with a few fields and never the body."""

from __future__ import annotations

import asyncio

import pytest
from sqlalchemy import select

from app import jobs, shops
from app.core.app import App
from app.core.ports import Webhook
from app.shops.tables import webhook_deliveries
from tests.apps import OTHER_SHOP, SHOP

pytestmark = pytest.mark.anyio
BODY = b'{"email":"jane.doe@example.com"}'


def message(event: str = "e1", shop: str = SHOP, topic: str = "orders/paid") -> Webhook:
    return Webhook(shop, topic, event, f"delivery-{event}", None, BODY)


async def rows(app: App) -> list[dict[str, object]]:
    return [dict(row) for row in await app.db.all(select(webhook_deliveries))]


async def test_a_webhook_is_recorded_and_its_job_queued(app: App) -> None:
    await shops.receive(app, message(), "test.take", {"order_id": "1"})
    (row,) = await rows(app)
    assert (row["status"], row["fields"], row["topic"]) == ("received", {"order_id": "1"}, "orders/paid")
    (job,) = await jobs.jobs_by_status(app.db, ["pending"], 10)
    assert (job.kind, job.shop_id, job.subject_id) == ("test.take", SHOP, row["id"])


async def test_an_event_that_is_delivered_again_changes_nothing(app: App) -> None:
    await asyncio.gather(*[shops.receive(app, message(), "test.take", {"order_id": "1"}) for _ in range(5)])
    assert len(await rows(app)) == 1
    assert len(await jobs.jobs_by_status(app.db, ["pending"], 10)) == 1


async def test_the_job_points_at_the_delivery_that_was_kept(app: App) -> None:
    for _ in range(2):
        await shops.receive(app, message(), "test.take", {})
    (job,) = await jobs.jobs_by_status(app.db, ["pending"], 10)
    assert await shops.delivery(app.db, SHOP, job.subject_id) is not None


async def test_other_events_topics_and_shops_are_apart(app: App) -> None:
    for each in (message(), message("e2"), message(shop=OTHER_SHOP), message(topic="orders/edited")):
        await shops.receive(app, each, "test.take", {})
    assert len(await rows(app)) == 4
    assert len(await jobs.jobs_by_status(app.db, ["pending"], 10)) == 4


@pytest.mark.parametrize("status", ["failed", "ignored"])
async def test_what_cannot_be_used_is_recorded_without_a_job(app: App, status: str) -> None:
    await shops.refuse(app, message(), status, "no order")
    (row,) = await rows(app)
    assert (row["status"], row["error"], row["fields"]) == (status, "no order", None)
    assert await jobs.jobs_by_status(app.db, ["pending"], 10) == []


async def test_the_body_is_never_kept(app: App) -> None:
    await shops.receive(app, message(), "test.take", {"order_id": "1"})
    await shops.refuse(app, message("e2"), "failed", "no order")
    assert "jane.doe" not in str(await rows(app))
