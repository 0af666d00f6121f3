"""A line before taken slots moves on by hints alone, as a queue of messages needs it: no cron, no polling."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import update

from app import jobs, quotas
from app.core.app import App
from app.core.errors import NotFound, Unavailable
from app.jobs import Job, Lease
from app.jobs.tables import jobs as table
from app.quotas.tables import quotas as quotas_table
from tests.apps import clock_of, open_shop
from tests.fakes.ports import NotingQueue
from tests.unit.jobs.kinds import KIND, SLOTS, Work, finish, found, queued

pytestmark = pytest.mark.anyio
SHOPS = ("a", "b")
OPEN = ("pending", "running")


@dataclass
class Messages:
    """A queue whose messages come once each, in any order, some of them later."""

    app: App
    due: list[str] = field(default_factory=list)
    later: list[tuple[datetime, str]] = field(default_factory=list)

    async def wake(self, *job_ids: str, after_s: float = 0) -> None:
        if after_s:
            self.later += [(self.app.clock.now() + timedelta(seconds=after_s), job_id) for job_id in job_ids]
        else:
            self.due += job_ids

    def wait(self) -> bool:
        """Move the clock to the next message that was held back; whether there was one."""
        if self.later:
            next_one = min(self.later)
            self.later.remove(next_one)
            clock_of(self.app).at = max(next_one[0], self.app.clock.now())
            self.due.append(next_one[1])
        return bool(self.due)


async def shop_with_slots(app: App, shop_id: str, slots: int) -> None:
    await open_shop(app, shop_id)
    await app.db.batch(*quotas.hold(shop_id, "2026-11", app.clock.now()))
    await app.db.batch(update(quotas_table).where(quotas_table.c.shop_id == shop_id).values(max_concurrent=slots))


async def cancel(app: App, job: Job) -> None:
    """As a shopper's click does it."""
    await app.db.batch(
        *quotas.release_slot_if(job.shop_id, quotas.Lane.SHOPPER, jobs.is_running(job.shop_id, job.dedupe_key)),
        jobs.cancel(job.shop_id, job.dedupe_key, app.clock.now()),
    )
    await jobs.wake_next_in_line(app, job.shop_id, SLOTS)


async def deliver(app: App, messages: Messages, work: Work, chance: random.Random, clicks: Sequence[Job] = ()) -> None:
    """Hand out the messages, up to five at a time, until there is none left and none to come.

    Among them shoppers click, each to cancel one of the jobs.
    """
    busy, waiting = set[asyncio.Task[Any]](), list(clicks)
    while messages.due or busy or messages.wait():
        while messages.due and len(busy) < 5:
            job_id = messages.due.pop(chance.randrange(len(messages.due)))
            busy.add(asyncio.create_task(jobs.run_woken(app, work.kinds, job_id)))
            if waiting and chance.random() < 0.25:
                busy.add(asyncio.create_task(cancel(app, waiting.pop())))
        done, busy = await asyncio.wait(busy, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()


async def unfinished(app: App, queue: list[Job]) -> list[Job]:
    return [job for job in [await found(app, each) for each in queue] if job.status in OPEN]


@pytest.mark.parametrize("slots", [1, 2, 3])
async def test_two_more_jobs_than_slots_all_end_by_hints_alone(app: App, slots: int) -> None:
    await shop_with_slots(app, "a", slots)
    app = replace(app, queue=(messages := Messages(app)))
    gate, started = asyncio.Event(), asyncio.Semaphore(0)

    async def wait(app: App, lease: Lease) -> None:
        started.release()
        await gate.wait()
        await finish(app, lease)

    work = Work(wait, SLOTS)
    queue = [await queued(app, str(at)) for at in range(slots + 2)]
    first = [asyncio.create_task(jobs.run_one(app, work.kinds, job.id)) for job in queue[:slots]]
    for _ in first:
        await started.acquire()
    assert [await jobs.run_one(app, work.kinds, job.id) for job in queue[slots:]] == [False, False]
    gate.set()
    await asyncio.gather(*first)
    await deliver(app, messages, work, random.Random(slots))
    assert await unfinished(app, queue) == []
    assert len(work.runs) == slots + 2


async def test_two_that_end_together_hint_at_two(app: App) -> None:
    await shop_with_slots(app, "a", 2)
    app = replace(app, queue=(wake_ups := NotingQueue()))
    gate, started = asyncio.Event(), asyncio.Semaphore(0)

    async def wait(app: App, lease: Lease) -> None:
        started.release()
        await gate.wait()
        await finish(app, lease)

    work = Work(wait, SLOTS)
    queue = [await queued(app, str(at)) for at in range(5)]
    both = [asyncio.create_task(jobs.run_one(app, work.kinds, job.id)) for job in queue[:2]]
    for _ in both:
        await started.acquire()
    gate.set()
    await asyncio.gather(*both)
    assert set(wake_ups.woken) == {queue[2].id, queue[3].id}


async def test_when_the_one_that_was_hinted_is_cancelled_the_next_one_is_hinted(app: App) -> None:
    await shop_with_slots(app, "a", 1)
    app = replace(app, queue=(wake_ups := NotingQueue()))
    first, second, third = [await queued(app, str(at)) for at in range(3)]
    await jobs.run_one(app, Work(slots=SLOTS).kinds, first.id)
    await cancel(app, second)
    assert wake_ups.woken == [second.id, third.id]


async def test_only_due_jobs_of_the_same_shop_and_lane_are_woken(app: App) -> None:
    for shop_id in SHOPS:
        await shop_with_slots(app, shop_id, 1)
    app = replace(app, queue=(wake_ups := NotingQueue()))
    first, second = await queued(app, "1"), await queued(app, "2")
    await queued(app, "3", "b")
    now, later = app.clock.now(), app.clock.now() + timedelta(seconds=1)
    await app.db.batch(
        jobs.insert(jobs.new(KIND, "a", "4", at=now, lane="merchant"), now),
        jobs.insert(jobs.new("test.other", "a", "5", at=now), now),
        jobs.insert(jobs.new(KIND, "a", "6", at=later, lane="shopper"), now),
    )
    await jobs.run_one(app, Work(slots=SLOTS).kinds, first.id)
    assert wake_ups.woken == [second.id]


async def test_a_freed_slot_wakes_the_next_job_of_its_lane_whatever_its_kind(app: App) -> None:
    await shop_with_slots(app, "a", 1)
    app = replace(app, queue=(wakes := NotingQueue()))
    first, now = await queued(app, "1"), app.clock.now()
    urgent = jobs.new("test.other", "a", "2", at=now, priority=1, lane="shopper")
    await app.db.batch(jobs.insert(urgent, now))
    await queued(app, "3")
    await jobs.run_one(app, Work(slots=SLOTS).kinds, first.id)
    assert wakes.woken == [urgent.id]


async def test_jobs_without_slots_hint_at_nothing(app: App) -> None:
    app = replace(app, queue=(wake_ups := NotingQueue()))
    first, _ = await queued(app, "1"), await queued(app, "2")
    assert await jobs.run_one(app, Work().kinds, first.id)
    assert wake_ups.woken == []


@pytest.mark.parametrize(("attempts", "wait"), [(0, (4, 8)), (6, (256, 512)), (8, None)])
async def test_a_job_that_is_tried_again_soon_has_its_hint_held_back(
    app: App, attempts: int, wait: tuple[int, int] | None
) -> None:
    async def fail(app: App, lease: Lease) -> None:
        raise Unavailable

    app = replace(app, queue=(wake_ups := NotingQueue()))
    job = await queued(app)
    await app.db.batch(update(table).values(attempts=attempts))
    assert await jobs.run_one(app, Work(fail, max_attempts=20).kinds, job.id)
    run_at = (await found(app, job)).run_at
    assert wake_ups.woken == []
    if wait is None:  # longer than a queue holds a hint: the sweep's
        assert wake_ups.later == {}
        assert (run_at - app.clock.now()).total_seconds() > 900
    else:
        (after_s,) = wake_ups.later.values()
        assert wait[0] <= after_s <= wait[1]
        assert run_at <= app.clock.now() + timedelta(seconds=after_s)


async def test_a_line_that_cannot_be_read_undoes_nothing(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    async def no_answer(statement: object) -> object:
        raise Unavailable

    async def last_answer(app: App, lease: Lease) -> None:
        await finish(app, lease)
        monkeypatch.setattr(app.db, "all", no_answer)

    await shop_with_slots(app, "a", 1)
    job = await queued(app)
    assert await jobs.run_one(app, Work(last_answer, SLOTS).kinds, job.id)
    monkeypatch.undo()
    assert (await found(app, job)).status == "done"


@pytest.mark.parametrize("seed", range(12))
async def test_however_jobs_meet_none_is_left_without_a_hint_to_come(app: App, seed: int) -> None:
    chance, queue = random.Random(seed), list[Job]()
    for shop_id in SHOPS:
        await shop_with_slots(app, shop_id, chance.choice([1, 2]))
    app = replace(app, queue=(messages := Messages(app)))

    async def live(app: App, lease: Lease) -> None:
        for _ in range(chance.randrange(6)):
            await app.db.one(update(table).values(progress=1).where(table.c.id == lease.job.id).returning(table.c.id))
        if chance.random() < 0.3:
            raise chance.choice([Unavailable(), NotFound(), RuntimeError()])
        await finish(app, lease)

    for at in range(16):
        queue.append(await queued(app, str(at), chance.choice(SHOPS)))
    await messages.wake(*[job.id for job in queue])
    await deliver(app, messages, Work(live, SLOTS, max_attempts=8), chance, chance.sample(queue, 6))
    assert await unfinished(app, queue) == []
    for shop_id in SHOPS:
        quota = await quotas.quota(app.db, shop_id)
        assert quota is not None
        assert quota.running == 0
