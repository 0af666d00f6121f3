"""Slots: how many jobs of a shop run at once, whatever becomes of them."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from sqlalchemy import update

from app import jobs, quotas
from app.core.app import App
from app.core.errors import NotFound, Refused, Unavailable
from app.jobs import Lease
from app.quotas.tables import quotas as quotas_table
from tests.apps import clock_of, close, make_app, open_shop
from tests.unit.jobs.kinds import SLOTS, Killed, Work, finish, found, queued

pytestmark = pytest.mark.anyio


async def shop_with_limits(app: App, shop_id: str = "a") -> str:
    await open_shop(app, shop_id)
    await app.db.batch(*quotas.hold(shop_id, "2026-11", app.clock.now()))
    return shop_id


async def running(app: App, shop_id: str = "a") -> int:
    quota = await quotas.quota(app.db, shop_id)
    assert quota is not None
    return quota.running


def slotted(work: Work) -> Work:
    work.slots = SLOTS
    return work


async def test_the_fourth_waits_until_one_is_finished(app: App) -> None:
    await shop_with_limits(app)
    started, go_on = asyncio.Semaphore(0), asyncio.Event()

    async def wait(app: App, lease: Lease) -> None:
        started.release()
        await go_on.wait()
        await finish(app, lease)

    work = slotted(Work(wait))
    queue = [await queued(app, str(at)) for at in range(4)]
    first = [asyncio.ensure_future(jobs.run_one(app, work.kinds, job.id)) for job in queue[:3]]
    for _ in first:
        await started.acquire()
    assert await running(app) == 3
    assert not await jobs.run_one(app, work.kinds, queue[3].id)
    waiting = await found(app, queue[3])
    assert (waiting.status, waiting.attempts) == ("pending", 0)
    go_on.set()
    assert await asyncio.gather(*first) == [True] * 3
    assert await jobs.run_due(app, work.kinds) == 1
    assert await running(app) == 0


async def test_sixteen_workers_never_run_more_than_three_of_a_shop(app: App, tmp_path: Path) -> None:
    await shop_with_limits(app)
    at_once, most = set[str](), list[int]()

    async def wait(app: App, lease: Lease) -> None:
        at_once.add(lease.job.id)
        most.append(len(at_once))
        assert await running(app) <= 3
        at_once.remove(lease.job.id)
        await finish(app, lease)

    work = slotted(Work(wait))
    queue = [await queued(app, str(at)) for at in range(16)]
    workers = [make_app(tmp_path) for _ in range(16)]
    await asyncio.gather(
        *[jobs.run_one(worker, work.kinds, job.id) for worker, job in zip(workers, queue, strict=True)]
    )
    await jobs.run_due(app, work.kinds)
    assert max(most) <= 3
    assert len(work.runs) == 16
    assert await running(app) == 0
    for worker in workers:
        await close(worker)


@pytest.mark.parametrize(
    ("fault", "status"), [(Unavailable(), "pending"), (NotFound(), "failed"), (RuntimeError(), "pending")]
)
async def test_a_job_that_fails_frees_its_slot(app: App, fault: Exception, status: str) -> None:
    await shop_with_limits(app)

    async def fail(app: App, lease: Lease) -> None:
        assert await running(app) == 1
        raise fault

    job = await queued(app)
    await jobs.run_one(app, slotted(Work(fail)).kinds, job.id)
    assert (await found(app, job)).status == status
    assert await running(app) == 0


async def test_a_job_that_is_cancelled_while_it_runs_frees_its_slot_once(app: App) -> None:
    await shop_with_limits(app)

    async def cancelled(app: App, lease: Lease) -> None:
        job = lease.job
        await app.db.batch(
            *quotas.release_slot_if("a", quotas.Lane.SHOPPER, jobs.is_running("a", job.dedupe_key)),
            jobs.cancel("a", job.dedupe_key, app.clock.now()),
        )
        assert await running(app) == 0
        await finish(app, lease)

    await queued(app)
    await jobs.run_due(app, slotted(Work(cancelled)).kinds)
    assert await running(app) == 0


async def test_a_job_that_is_cancelled_before_it_ran_frees_nothing(app: App) -> None:
    await shop_with_limits(app)
    await app.db.batch(update(quotas_table).values(running=2))
    job = await queued(app)
    await app.db.batch(
        *quotas.release_slot_if("a", quotas.Lane.SHOPPER, jobs.is_running("a", job.dedupe_key)),
        jobs.cancel("a", job.dedupe_key, app.clock.now()),
    )
    assert await running(app) == 2


async def test_the_slot_of_a_worker_that_died_is_taken_over_and_not_counted_twice(app: App) -> None:
    await shop_with_limits(app)

    async def die(app: App, lease: Lease) -> None:
        raise Killed

    for at in range(3):
        job = await queued(app, str(at))
        with pytest.raises(Killed):
            await jobs.run_one(app, slotted(Work(die)).kinds, job.id)
    assert await running(app) == 3
    clock_of(app).move(seconds=app.settings.job_lease_s)

    async def look(app: App, lease: Lease) -> None:
        assert await running(app) <= 3
        await finish(app, lease)

    work = slotted(Work(look))
    assert await jobs.run_due(app, work.kinds) == 3
    assert await running(app) == 0


async def test_a_worker_that_is_stopped_frees_its_slot(app: App) -> None:
    await shop_with_limits(app)
    started = asyncio.Event()

    async def endless(app: App, lease: Lease) -> None:
        started.set()
        await asyncio.Event().wait()

    job = await queued(app)
    worker = asyncio.ensure_future(jobs.run_one(app, slotted(Work(endless)).kinds, job.id))
    await started.wait()
    assert await running(app) == 1
    worker.cancel()
    with pytest.raises(asyncio.CancelledError):
        await worker
    assert await running(app) == 0


async def test_a_late_worker_does_not_free_the_slot_of_its_successor(app: App) -> None:
    await shop_with_limits(app)
    started, go_on = asyncio.Event(), asyncio.Event()

    async def wait(app: App, lease: Lease) -> None:
        started.set()
        await go_on.wait()
        await finish(app, lease)

    async def late(app: App, lease: Lease) -> None:
        clock_of(app).move(seconds=app.settings.job_lease_s)
        successors.append(asyncio.ensure_future(jobs.run_due(app, slotted(Work(wait)).kinds)))
        await started.wait()
        raise NotFound

    successors = list[asyncio.Future[int]]()
    job = await queued(app)
    await jobs.run_one(app, slotted(Work(late)).kinds, job.id)
    assert await running(app) == 1
    go_on.set()
    assert await successors[0] == 1
    assert await running(app) == 0


async def test_a_shop_whose_slots_are_taken_does_not_hold_up_the_others(app: App) -> None:
    for shop_id in ("a", "b"):
        await shop_with_limits(app, shop_id)
    await app.db.batch(update(quotas_table).where(quotas_table.c.shop_id == "a").values(running=3))
    work = slotted(Work())
    busy = [await queued(app, f"busy-{at}", "a", priority=5) for at in range(3)]
    others = [await queued(app, f"free-{at}", "b") for at in range(3)]
    assert await jobs.run_due(app, work.kinds) == 3
    assert sorted(run.id for run in work.runs) == sorted(job.id for job in others)
    assert [(await found(app, job)).status for job in busy] == ["pending"] * 3


@pytest.mark.parametrize("full", quotas.Lane)
async def test_a_full_lane_keeps_no_job_of_the_other_lane_waiting(app: App, full: quotas.Lane) -> None:
    await shop_with_limits(app)
    (other,) = set(quotas.Lane) - {full}
    while await has_taken(app, full):
        pass
    assert not await jobs.run_one(app, Work(slots=quotas.SLOTS[full]).kinds, (await queued(app, "1")).id)
    assert await jobs.run_one(app, Work(slots=quotas.SLOTS[other]).kinds, (await queued(app, "2")).id)


async def has_taken(app: App, lane: quotas.Lane) -> bool:
    try:
        await app.db.batch(quotas.SLOTS[lane].take("a"))
    except Refused:
        return False
    return True


async def test_other_kinds_of_a_busy_shop_still_run(app: App) -> None:
    await shop_with_limits(app)
    await app.db.batch(update(quotas_table).values(running=3))
    slow, quick = slotted(Work()), Work()
    await queued(app)
    now = app.clock.now()
    await app.db.batch(jobs.insert(jobs.new("test.other", "a", "s", at=now), now))
    kinds = slow.kinds | {"test.other": quick.kinds["test.work"]}
    assert await jobs.run_due(app, kinds) == 1
    assert (len(slow.runs), len(quick.runs)) == (0, 1)
