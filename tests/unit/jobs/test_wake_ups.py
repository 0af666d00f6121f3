"""Hints given again: to jobs that may run and whose hint is old, a hundred at a time."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import update

from app import jobs
from app.core.app import App
from app.jobs.tables import jobs as table
from tests.apps import clock_of
from tests.fakes.ports import NotingQueue
from tests.unit.jobs.kinds import KIND, Work, queued

pytestmark = pytest.mark.anyio


async def resent(app: App) -> list[str]:
    queue = NotingQueue()
    assert await jobs.resend_wake_ups(replace(app, queue=queue), Work().kinds) == len(queue.woken)
    return queue.woken


async def test_a_job_whose_hint_is_young_is_left_alone(app: App) -> None:
    await queued(app)
    clock_of(app).move(seconds=59)
    assert await resent(app) == []


async def test_a_job_whose_hint_is_old_is_hinted_again_once_a_minute(app: App) -> None:
    job = await queued(app)
    clock_of(app).move(minutes=1)
    assert await resent(app) == [job.id]
    assert await resent(app) == []
    clock_of(app).move(minutes=1)
    assert await resent(app) == [job.id]


async def test_a_job_that_waits_for_its_next_try_is_hinted_when_that_has_come(app: App) -> None:
    now = app.clock.now()
    job = jobs.new(KIND, "a", "s", at=now + timedelta(minutes=5))
    await app.db.batch(jobs.insert(job, now))
    clock_of(app).move(minutes=4)
    assert await resent(app) == []
    clock_of(app).move(minutes=1)
    assert await resent(app) == [job.id]


async def test_a_running_job_is_hinted_when_its_worker_has_died(app: App) -> None:
    job = await queued(app)
    until = app.clock.now() + timedelta(minutes=10)
    await app.db.batch(update(table).values(status="running", lease_token="t", lease_until=until))
    clock_of(app).move(minutes=9)
    assert await resent(app) == []
    clock_of(app).move(minutes=1)
    assert await resent(app) == [job.id]


@pytest.mark.parametrize("status", ["done", "failed", "dead", "cancelled"])
async def test_a_job_that_has_ended_is_never_hinted(app: App, status: str) -> None:
    await queued(app)
    await app.db.batch(update(table).values(status=status))
    clock_of(app).move(days=1)
    assert await resent(app) == []


async def test_a_hundred_are_hinted_at_a_time_those_first_that_wait_longest(app: App) -> None:
    waiting = []
    for at in range(120):
        waiting.append((await queued(app, str(at))).id)
        clock_of(app).move(seconds=1)
    clock_of(app).move(minutes=2)
    assert sorted(await resent(app)) == sorted(waiting[:100])
    assert sorted(await resent(app)) == sorted(waiting[100:])


async def test_a_job_that_was_hinted_again_runs(app: App) -> None:
    await queued(app)
    clock_of(app).move(minutes=1)
    (wake_up,) = await resent(app)
    assert await jobs.run_one(app, Work().kinds, wake_up)
