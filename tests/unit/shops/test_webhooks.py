"""Webhooks are recorded once, with a few fields and never the body."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from app import jobs, shops
from app.core.app import App
from app.core.errors import AppError
from app.core.ports.shopify import Webhook
from app.core.times import to_text
from app.jobs import JobKind, Lease
from app.shops.queries.deliveries import has_newer_delivery
from app.shops.tables import webhook_deliveries
from app.shops.webhooks import CLOCKS_APART
from tests import soak
from tests.apps import OTHER_SHOP, SHOP, close, make_app, open_shop

pytestmark = pytest.mark.anyio
BODY = {"email": "jane.doe@example.com"}
KIND = "test.take"


@pytest.fixture
async def app(tmp_path: Path, anyio_backend: str) -> AsyncIterator[App]:
    """With two shops."""
    made = make_app(tmp_path)
    for shop in (SHOP, OTHER_SHOP):
        await open_shop(made, shop)
    yield made
    await close(made)


def message(event: str = "e1", shop: str = SHOP, topic: str = "orders/paid", **changes: Any) -> Webhook:
    return Webhook(shop, topic, event, f"delivery-{event}", changes.get("triggered_at"), BODY)


async def rows(app: App) -> list[dict[str, object]]:
    return [dict(row) for row in await app.db.all(select(webhook_deliveries))]


async def test_a_webhook_is_recorded_and_its_job_queued(app: App) -> None:
    await shops.receive(app, message(), KIND, {"order_id": "1"})
    (row,) = await rows(app)
    assert (row["status"], row["fields"], row["topic"]) == ("received", {"order_id": "1"}, "orders/paid")
    (job,) = await jobs.jobs_by_status(app.db, ["pending"], 10)
    assert (job.kind, job.shop_id, job.subject_id) == (KIND, SHOP, row["id"])


async def test_an_event_that_is_delivered_again_changes_nothing(app: App) -> None:
    await asyncio.gather(*[shops.receive(app, message(), KIND, {"order_id": "1"}) for _ in range(5)])
    assert len(await rows(app)) == 1
    assert len(await jobs.jobs_by_status(app.db, ["pending"], 10)) == 1


async def test_each_subscriber_has_a_delivery_and_a_job_of_its_own(app: App) -> None:
    for _ in range(2):
        await shops.receive(app, message(), KIND, {"order_id": "1"})
        await shops.receive(app, message(), "test.other", {"product_id": "2"})
    found = {row["job_kind"]: row for row in await rows(app)}
    assert {kind: row["fields"] for kind, row in found.items()} == {
        KIND: {"order_id": "1"},
        "test.other": {"product_id": "2"},
    }
    queued = await jobs.jobs_by_status(app.db, ["pending"], 10)
    assert {job.kind: job.subject_id for job in queued} == {kind: row["id"] for kind, row in found.items()}


async def test_a_failure_of_one_subscriber_leaves_the_other_alone(app: App) -> None:
    await shops.refuse(app, message(), "failed", "malformed", "test.other")
    await shops.receive(app, message(), KIND, {"order_id": "1"})
    assert {(row["job_kind"], row["status"]) for row in await rows(app)} == {
        ("test.other", "failed"),
        (KIND, "received"),
    }


async def test_the_job_points_at_the_delivery_that_was_kept(app: App) -> None:
    for _ in range(2):
        await shops.receive(app, message(), KIND, {})
    (job,) = await jobs.jobs_by_status(app.db, ["pending"], 10)
    assert await shops.delivery(app.db, SHOP, job.subject_id) is not None


async def test_other_events_topics_and_shops_are_apart(app: App) -> None:
    for each in (message(), message("e2"), message(shop=OTHER_SHOP), message(topic="orders/edited")):
        await shops.receive(app, each, KIND, {})
    assert len(await rows(app)) == 4
    assert len(await jobs.jobs_by_status(app.db, ["pending"], 10)) == 4


@pytest.mark.parametrize("status", ["failed", "ignored"])
async def test_what_cannot_be_used_is_recorded_without_a_job(app: App, status: str) -> None:
    await shops.refuse(app, message(), status, "no order")
    (row,) = await rows(app)
    assert (row["status"], row["error"], row["fields"]) == (status, "no order", None)
    assert await jobs.jobs_by_status(app.db, ["pending"], 10) == []


async def test_the_body_is_never_kept(app: App) -> None:
    await shops.receive(app, message(), KIND, {"order_id": "1"})
    await shops.refuse(app, message("e2"), "failed", "no order")
    assert "jane.doe" not in str(await rows(app))


async def test_a_real_delivery_takes_over_one_that_failed(app: App) -> None:
    await shops.refuse(app, message(), "failed", "malformed", KIND)
    await shops.receive(app, message(), KIND, {"order_id": "1"})
    (row,) = await rows(app)
    assert (row["status"], row["fields"], row["error"]) == ("received", {"order_id": "1"}, None)
    (job,) = await jobs.jobs_by_status(app.db, ["pending"], 10)
    assert job.subject_id == row["id"]


async def test_a_failed_and_a_real_delivery_at_once_leave_the_real_one(app: App) -> None:
    for number in range(20):
        event = f"e{number}"
        both = [shops.refuse(app, message(event), "failed", "?", KIND), shops.receive(app, message(event), KIND, {})]
        await asyncio.gather(*(both if number % 2 else reversed(both)))
    found = await rows(app)
    assert [row["status"] for row in found] == ["received"] * 20
    assert {job.subject_id for job in await jobs.jobs_by_status(app.db, ["pending"], 50)} == {
        row["id"] for row in found
    }


async def test_several_real_deliveries_take_over_a_failed_one_once(app: App) -> None:
    await shops.refuse(app, message(), "failed", "malformed", KIND)
    await asyncio.gather(*[shops.receive(app, message(), KIND, {"order_id": str(each)}) for each in range(5)])
    (row,) = await rows(app)
    (job,) = await jobs.jobs_by_status(app.db, ["pending"], 10)
    assert (row["status"], job.subject_id) == ("received", row["id"])


async def test_nothing_is_recorded_for_a_shop_that_nobody_knows(app: App) -> None:
    await shops.receive(app, message(shop="unknown.myshopify.com"), KIND, {})
    for status in ("failed", "ignored"):
        await shops.refuse(app, message("e2", shop="unknown.myshopify.com"), status, "no order")
    assert await rows(app) == []
    assert await jobs.jobs_by_status(app.db, ["pending"], 10) == []


@pytest.mark.parametrize("by", [timedelta(minutes=1), timedelta(days=30_000)])
async def test_a_webhook_is_never_from_after_its_arrival(app: App, by: timedelta) -> None:
    now, later = app.clock.now(), app.clock.now() + CLOCKS_APART + by
    await shops.receive(app, message("e1", triggered_at=later), KIND, {})
    await shops.refuse(app, message("e2", triggered_at=later), "failed", "?")
    await shops.receive(app, message("e3"), KIND, {"updated_at": to_text(later)})
    assert [row["triggered_at"] for row in await rows(app)] == [now + CLOCKS_APART] * 3


async def test_a_webhook_of_a_clock_that_is_a_little_ahead_keeps_its_time(app: App) -> None:
    for seconds in (1, 2):
        await shops.receive(
            app, message(f"e{seconds}", triggered_at=app.clock.now() + timedelta(seconds=seconds)), KIND, {}
        )
    assert len({row["triggered_at"] for row in await rows(app)}) == 2


@pytest.mark.parametrize("said", [None, "", 5, [], "some day", "9999-12-31T23:59:59-23:59"])
async def test_a_time_that_the_body_does_not_say_is_the_headers(app: App, said: object) -> None:
    before = app.clock.now() - timedelta(hours=1)
    await shops.receive(app, message(triggered_at=before), KIND, {"updated_at": said})
    (row,) = await rows(app)
    assert row["triggered_at"] in (before, app.clock.now())


async def test_the_signed_time_of_a_body_counts_more_than_the_headers(app: App) -> None:
    said = app.clock.now() - timedelta(hours=2)
    await shops.receive(app, message(triggered_at=app.clock.now()), KIND, {"updated_at": to_text(said)})
    (row,) = await rows(app)
    assert row["triggered_at"] == said


@pytest.mark.parametrize("status", ["failed", "ignored"])
async def test_what_was_refused_makes_nothing_older(app: App, status: str) -> None:
    now = app.clock.now()
    await shops.refuse(app, message(triggered_at=now), status, "?")
    assert not await has_newer_delivery(app.db, SHOP, "orders/paid", now - timedelta(hours=1))
    await shops.receive(app, message("e2", triggered_at=now), KIND, {})
    assert await has_newer_delivery(app.db, SHOP, "orders/paid", now - timedelta(hours=1))


@dataclass
class Event:
    """What must become of one event, whatever is delivered of it, and whatever becomes of its job."""

    app: App
    name: str
    status: str | None = None
    body: str | None = None
    worked: list[str] = field(default_factory=list)
    wanted: list[str] = field(default_factory=list)

    async def step(self, step: str) -> None:
        if step in ("failed", "ignored"):
            await shops.refuse(self.app, message(self.name), step, "?", KIND)
            self.status = self.status or step
        elif step in ("one", "other"):
            await shops.receive(self.app, message(self.name), KIND, {"body": step})
            if self.status in (None, "failed"):
                self.status, self.body = "received", step
        else:
            await jobs.run_due(self.app, {KIND: JobKind(KIND, getattr(self, step), shops.on_failure)})
            if self.status == "received":
                self.status = "done" if step == "works" else "failed"
                self.wanted += [str(self.body)] if step == "works" else []

    async def works(self, app: App, lease: Lease) -> None:
        delivery = await shops.delivery(app.db, SHOP, lease.job.subject_id)
        assert delivery is not None
        assert delivery.fields is not None
        now = self.app.clock.now()
        done = shops.close_delivery(SHOP, delivery.id, "done", None, now)
        await self.app.db.batch(*lease.finish(now), done)
        self.worked.append(delivery.fields["body"])

    async def breaks(self, app: App, lease: Lease) -> None:
        raise AppError("no")

    async def check(self) -> None:
        own = webhook_deliveries.c.event_id == self.name
        found = await self.app.db.all(select(webhook_deliveries).where(own))
        assert [row["status"] for row in found] == ([self.status] if self.status else [])
        assert self.worked == self.wanted
        open_jobs = await jobs.jobs_by_status(self.app.db, ["pending", "running"], 100)
        open_jobs = [job for job in open_jobs if job.dedupe_key.endswith(f":{self.name}:{KIND}")]
        waiting = [row["id"] for row in found if row["status"] == "received"]
        assert [job.subject_id for job in open_jobs] == waiting
        if waiting:
            assert found[0]["fields"] == {"body": self.body}


@pytest.fixture
def kept(tmp_path: Path) -> Iterator[tuple[App, asyncio.Runner]]:
    """An app with a shop, and the event loop that it runs on."""
    made = make_app(tmp_path)
    with asyncio.Runner() as runner:
        runner.run(open_shop(made))
        yield made, runner
        runner.run(close(made))


_names = itertools.count()


@settings(max_examples=soak.size(60, 25), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.sampled_from(["failed", "ignored", "one", "other", "works", "breaks"]), max_size=8))
def test_an_event_is_worked_on_once_whatever_is_delivered_of_it(
    kept: tuple[App, asyncio.Runner], steps: list[str]
) -> None:
    app, runner = kept

    async def live() -> None:
        event = Event(app, f"event-{next(_names)}")
        for step in steps:
            await event.step(step)
            await event.check()
        await event.step("works")
        await event.check()

    runner.run(live())
