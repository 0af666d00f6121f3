"""Whose turn it is: within a priority the shop with the fewest running jobs, then the one that has waited longest."""

from __future__ import annotations

import asyncio
import itertools
import random
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update

from app import jobs, quotas, render_workers
from app.core.app import App
from app.jobs import Job, Lease
from app.jobs.queries import rows, scheduling
from app.jobs.running import take
from app.quotas.tables import quotas as quotas_table
from tests.apps import clock_of, open_shop
from tests.fakes.figurines import Figurines
from tests.fakes.ports import NotingQueue
from tests.integration.world import until
from tests.unit.jobs.kinds import KIND, SLOTS, Work, finish, found, queued

pytestmark = pytest.mark.anyio
OTHER_KIND = "test.other"


async def line_of(app: App, shop_id: str, count: int, *, priority: int = 0) -> list[Job]:
    return [await queued(app, f"{shop_id}-{at}", shop_id, priority=priority) for at in range(count)]


async def with_slots(app: App, shop_id: str, slots: int = 3) -> None:
    await open_shop(app, shop_id)
    await app.db.batch(*quotas.hold(shop_id, "2026-11", app.clock.now()))
    await app.db.batch(update(quotas_table).where(quotas_table.c.shop_id == shop_id).values(max_concurrent=slots))


async def started(app: App, kinds: Any) -> Lease:
    """The next job, leased and not ended."""
    job = await scheduling.due(app.db, app.clock.now(), kinds)
    assert job is not None
    lease = await take(app, Lease(job, f"token-{job.id}", kinds[job.kind]))
    assert isinstance(lease, Lease)
    return lease


def subjects(work: Work) -> list[str]:
    return [run.subject_id for run in work.runs]


async def test_one_loop_gives_each_shop_its_turn_however_long_one_line_is(app: App) -> None:
    await line_of(app, "flood", 100)
    await line_of(app, "b", 2)
    await line_of(app, "c", 1)
    work = Work()
    await jobs.run_due(app, work.kinds)
    assert subjects(work)[:6] == ["flood-0", "b-0", "c-0", "flood-1", "b-1", "flood-2"]
    assert len(work.runs) == 103


async def test_a_shop_whose_jobs_have_run_before_waits_no_longer_than_the_others(app: App) -> None:
    """The clock stands still here: turns do not depend on it."""
    work = Work()
    await line_of(app, "b", 1)
    await line_of(app, "flood", 1)
    await jobs.run_due(app, work.kinds)
    work.runs.clear()
    flood = [await queued(app, f"more-{at}", "flood") for at in range(20)]
    single = await queued(app, "single", "b")
    await jobs.run_due(app, work.kinds)
    order = [run.id for run in work.runs]
    assert order.index(single.id) == 0
    assert order[1:] == [job.id for job in flood]


async def test_the_shop_with_the_fewest_running_is_next(app: App) -> None:
    kinds = Work().kinds
    await line_of(app, "flood", 10)
    first = await started(app, kinds)
    await line_of(app, "b", 2)
    assert first.job.shop_id == "flood"
    assert [(await started(app, kinds)).job.subject_id for _ in range(4)] == ["b-0", "flood-1", "b-1", "flood-2"]


async def test_jobs_of_other_kinds_and_priorities_that_run_count_for_their_shop(app: App) -> None:
    now, kinds = app.clock.now(), Work().kinds
    await app.db.batch(jobs.insert(jobs.new(OTHER_KIND, "a", "print", at=now, priority=5), now))
    await started(app, {OTHER_KIND: replace(kinds[KIND], name=OTHER_KIND)})
    await queued(app, "waits", "a")
    clock_of(app).move(seconds=1)
    await queued(app, "is younger", "b")
    assert (await started(app, kinds)).job.subject_id == "is younger"


async def test_a_job_whose_worker_died_does_not_count_as_running(app: App) -> None:
    kinds = Work().kinds
    await line_of(app, "a", 2)
    left = await started(app, kinds)
    await line_of(app, "b", 1)
    await started(app, kinds)
    clock_of(app).move(seconds=app.settings.job_lease_s)
    assert (await started(app, kinds)).job.id == left.job.id
    assert await jobs.queue_position(app.db, "a", KIND, "a-1", app.clock.now()) == 1  # the other's, left too


async def test_a_higher_priority_goes_first_whoever_it_is_of(app: App) -> None:
    await line_of(app, "b", 1)
    await line_of(app, "a", 2, priority=1)
    work = Work()
    await jobs.run_due(app, work.kinds)
    assert subjects(work) == ["a-0", "a-1", "b-0"]


async def test_what_is_not_due_yet_hides_nothing_of_a_lower_priority(app: App) -> None:
    now = app.clock.now()
    await app.db.batch(jobs.insert(jobs.new(KIND, "a", "later", at=now + timedelta(minutes=1), priority=2), now))
    await app.db.batch(jobs.insert(jobs.new(OTHER_KIND, "a", "unknown here", at=now, priority=1), now))
    await queued(app, "due")
    work = Work()
    assert await jobs.run_due(app, work.kinds) == 1
    assert subjects(work) == ["due"]


@pytest.mark.parametrize("shops", [77, 500])
async def test_so_many_shops_with_taken_slots_do_not_stop_the_loop(app: App, shops: int) -> None:
    await with_slots(app, "free")
    now = app.clock.now()
    for at in range(shops):
        await app.db.batch(
            jobs.insert(jobs.new(KIND, f"full-{at}", "s", at=now, dedupe_key=f"full-{at}", priority=1), now)
        )
    await queued(app, "mine", "free")
    work = Work(slots=SLOTS)
    assert await jobs.run_due(app, work.kinds) == 1
    assert subjects(work) == ["mine"]


async def test_a_job_that_a_dead_worker_left_runs_although_the_slots_are_taken(app: App) -> None:
    await with_slots(app, "a", 1)
    work = Work(slots=SLOTS)
    left = (await line_of(app, "a", 2))[0]
    await started(app, work.kinds)
    clock_of(app).move(seconds=app.settings.job_lease_s)
    assert (await started(app, work.kinds)).job.id == left.id
    assert await scheduling.due(app.db, app.clock.now(), work.kinds) is None


@pytest.mark.parametrize("loops", [1, 2, 4])
async def test_a_single_job_starts_within_a_shops_slots_and_one_of_a_flood(app: App, loops: int) -> None:
    for shop_id in ("flood", "b"):
        await with_slots(app, shop_id)
    at_once, most = set[str](), list[int]()

    async def some_time(app: App, lease: Lease) -> None:
        at_once.add(lease.job.id)
        most.append(len(at_once))
        for _ in range(5):
            await rows.job(app.db, lease.job.id)
        at_once.discard(lease.job.id)
        await finish(app, lease)

    await line_of(app, "flood", 100)
    work = Work(some_time, slots=SLOTS)
    running = [asyncio.create_task(jobs.run_due(app, work.kinds)) for _ in range(loops)]
    await until(lambda: len(work.runs) >= 10)
    before = len(work.runs)
    await queued(app, "single", "b")
    await asyncio.gather(*running)
    place = subjects(work).index("single")
    assert place - before <= 3 + 1
    assert len(work.runs) == 101
    assert max(most) >= min(loops, 3)


async def test_loops_that_meet_at_one_job_run_each_once(app: App) -> None:
    for shop_id in "abcde":
        await line_of(app, shop_id, 4)
    work = Work()
    await asyncio.wait_for(asyncio.gather(*[jobs.run_due(app, work.kinds) for _ in range(8)]), 60)
    assert sorted(subjects(work)) == sorted(f"{shop_id}-{at}" for shop_id in "abcde" for at in range(4))


async def test_a_hint_runs_the_fairest_job_and_nothing_is_left_without_one(app: App) -> None:
    app = replace(app, queue=(messages := NotingQueue()))
    await messages.wake(*[job.id for job in await line_of(app, "flood", 10)])
    without_wake_up = await queued(app, "its hint was lost", "c")
    single = await queued(app, "single", "b")
    await messages.wake(single.id)
    work = Work()
    while messages.woken:
        await jobs.run_woken(app, work.kinds, messages.woken.pop(0))
    assert subjects(work)[:4] == ["flood-0", "its hint was lost", "single", "flood-1"]
    assert len(work.runs) == 12
    assert not await jobs.run_woken(app, work.kinds, without_wake_up.id)


async def test_render_workers_are_given_work_by_the_same_rule(app: App) -> None:
    kinds = {KIND: Figurines(KIND).kind}
    await line_of(app, "flood", 5)
    await queued(app, "single", "b")
    leased = [await render_workers.lease(app, kinds, [KIND]) for _ in range(3)]
    assert [each and each.task["spec"]["subject"] for each in leased] == ["flood-0", "single", "flood-1"]


async def test_a_hint_that_comes_when_another_takes_the_fairest_job_runs_its_own(app: App) -> None:
    line = await line_of(app, "a", 3)
    work = Work()

    class TakenMeanwhile:
        """Another worker leases what was chosen, before this one can."""

        def __init__(self) -> None:
            self.batch, self.all, self._raced = app.db.batch, app.db.all, False

        async def one(self, statement: Any) -> Any:
            row = await app.db.one(statement)
            if row and "top" in row and not self._raced:
                self._raced = True
                await started(app, work.kinds)
            return row

    assert await jobs.run_woken(replace(app, db=TakenMeanwhile()), work.kinds, line[2].id)
    assert [run.id for run in work.runs] == [line[2].id]


async def test_a_hint_at_a_job_of_a_full_shop_is_used_up_by_another_shops(app: App) -> None:
    for shop_id in ("full", "b"):
        await with_slots(app, shop_id, 1)
    app = replace(app, queue=(wake_ups := NotingQueue()))
    work = Work(slots=SLOTS)
    first, second = await line_of(app, "full", 2)
    await started(app, work.kinds)
    other = await queued(app, "other", "b")
    assert await jobs.run_woken(app, work.kinds, second.id)
    assert subjects(work) == ["other"]
    assert wake_ups.woken == [second.id]
    assert not await jobs.run_woken(app, work.kinds, second.id)
    assert not await jobs.run_woken(app, work.kinds, other.id)
    assert (await found(app, second)).status == "pending"
    wake_ups.woken.clear()
    lease = Lease(await found(app, first), f"token-{first.id}", work.kinds[KIND])
    await app.db.batch(*lease.finish(app.clock.now()))
    await jobs.wake_next_in_line(app, "full", SLOTS)
    assert wake_ups.woken == [second.id]


async def test_the_place_in_line_counts_what_stands_before_of_every_shop(app: App) -> None:
    await line_of(app, "flood", 50)
    clock_of(app).move(seconds=1)
    await line_of(app, "b", 3)
    await queued(app, "urgent", "c", priority=1)
    now = app.clock.now()
    places = [await jobs.queue_position(app.db, "b", KIND, f"b-{at}", now) for at in range(3)]
    assert places == [2, 4, 6]
    assert await jobs.queue_position(app.db, "flood", KIND, "flood-0", now) == 1
    assert await jobs.queue_position(app.db, "flood", KIND, "flood-49", now) == 1 + 49 + 3
    await started(app, Work().kinds)  # the urgent one
    await started(app, Work().kinds)  # of the flood
    places = [await jobs.queue_position(app.db, "b", KIND, f"b-{at}", now) for at in range(3)]
    assert places == [0, 2, 4]


async def test_what_runs_and_what_is_unknown_stands_in_no_line(app: App) -> None:
    await line_of(app, "a", 1)
    await started(app, Work().kinds)
    for subject in ("a-0", "unknown"):
        assert await jobs.queue_position(app.db, "a", KIND, subject, app.clock.now()) == 0


@pytest.mark.parametrize("seed", range(20))
async def test_no_more_jobs_start_before_one_than_its_shopper_was_told(app: App, seed: int) -> None:
    """Workers of any number, shops with as many slots as each other, jobs that take equally long."""
    chance = random.Random(seed)
    workers, slots, lasts = chance.randint(1, 5), chance.randint(1, 3), chance.randint(1, 6)
    kinds = Work(slots=SLOTS).kinds
    waiting, running = dict[str, Job](), list[tuple[int, Lease]]()
    told, may_still_start = dict[str, int](), dict[str, int]()
    for shop in range(chance.randint(1, 5)):
        await with_slots(app, f"shop-{shop}", slots)
        waiting |= {job.id: job for job in await line_of(app, f"shop-{shop}", chance.choice([1, 2, 3, 9]))}
    for at in itertools.count():
        while running and running[0][0] <= at:
            await app.db.batch(*running.pop(0)[1].finish(app.clock.now()))
        if len(running) < workers and await scheduling.due(app.db, app.clock.now(), kinds):
            lease = await started(app, kinds)
            running.append((at + lasts, lease))
            del waiting[lease.job.id]
            assert all(may_still_start[job_id] > 0 for job_id in waiting if job_id in told), (
                "more came before than told"
            )
            may_still_start = {job_id: left - 1 for job_id, left in may_still_start.items()}
        if not waiting:
            break
        for job in waiting.values():
            place = await jobs.queue_position(app.db, job.shop_id, KIND, job.subject_id, app.clock.now())
            assert place <= told.get(job.id, place), "the place in line grew"
            told[job.id] = place
            may_still_start[job.id] = min(place, may_still_start.get(job.id, place))
