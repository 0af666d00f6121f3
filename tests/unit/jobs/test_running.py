"""Running jobs: one worker at a time, again after a fault, and given up in the end."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from app import jobs
from app.core.app import App
from app.core.errors import AppError, NotFound, Refused, Unavailable
from app.core.ports.database import Database, Result
from app.jobs import JobKind, Lease
from tests.apps import clock_of, close, make_app
from tests.unit.jobs.kinds import KIND, Killed, Work, finish, found, queued

pytestmark = pytest.mark.anyio


def failing(fault: Exception) -> Work:
    async def fail(app: App, lease: Lease) -> None:
        raise fault

    return Work(fail)


async def test_a_job_runs_once_and_is_done(app: App) -> None:
    work, job = Work(), await queued(app)
    assert await jobs.run_due(app, work.kinds) == 1
    assert await jobs.run_due(app, work.kinds) == 0
    done = await found(app, job)
    assert (done.status, done.attempts, done.lease_token, done.lease_until) == ("done", 1, None, None)
    assert [run.id for run in work.runs] == [job.id]


async def test_sixteen_workers_lease_a_job_once(app: App, tmp_path: Path) -> None:
    workers = [make_app(tmp_path) for _ in range(16)]
    work, job = Work(), await queued(app)
    ran = await asyncio.gather(*[jobs.run_one(worker, work.kinds, job.id) for worker in workers])
    assert sorted(ran) == [False] * 15 + [True]
    assert len(work.runs) == 1
    for worker in workers:
        await close(worker)


async def test_sixteen_workers_share_jobs_without_running_one_twice(app: App, tmp_path: Path) -> None:
    workers = [make_app(tmp_path) for _ in range(16)]
    work, queue = Work(), [await queued(app, str(at)) for at in range(20)]
    ran = await asyncio.gather(*[jobs.run_due(worker, work.kinds) for worker in workers])
    assert sum(ran) == 20
    assert sorted(run.id for run in work.runs) == sorted(job.id for job in queue)
    for worker in workers:
        await close(worker)


async def test_urgent_jobs_come_first_then_the_oldest(app: App) -> None:
    work = Work()
    for subject, priority in (("late", 0), ("later", 0), ("urgent", 2)):
        await queued(app, subject, priority=priority)
        clock_of(app).move(seconds=1)
    await jobs.run_due(app, work.kinds)
    assert [run.subject_id for run in work.runs] == ["urgent", "late", "later"]


async def test_a_job_that_is_not_due_yet_waits(app: App) -> None:
    work, later = Work(), await queued(app)
    clock_of(app).move(seconds=-1)
    assert await jobs.run_due(app, work.kinds) == 0
    assert not await jobs.run_one(app, work.kinds, later.id)
    clock_of(app).move(seconds=1)
    assert await jobs.run_one(app, work.kinds, later.id)


async def test_a_hint_for_a_job_that_is_unknown_or_done_is_no_fault(app: App) -> None:
    work, job = Work(), await queued(app)
    assert not await jobs.run_one(app, work.kinds, "nobody")
    assert await jobs.run_one(app, work.kinds, job.id)
    assert not await jobs.run_one(app, work.kinds, job.id)


async def test_a_fault_that_may_pass_is_tried_again_after_a_wait_that_doubles(app: App) -> None:
    work, job = failing(Unavailable(code="ai_down")), await queued(app)
    waits = []
    for _ in range(2):
        assert await jobs.run_due(app, work.kinds) == 1
        again = await found(app, job)
        assert (again.status, again.last_error, again.lease_token) == ("pending", "ai_down", None)
        waits.append((again.run_at - app.clock.now()).total_seconds())
        clock_of(app).at = again.run_at
    assert 4 <= waits[0] <= 8 <= waits[1] <= 16
    assert work.given_up == []


async def test_a_fault_that_does_not_pass_ends_dead_and_is_given_up_once(app: App) -> None:
    work, job = failing(Unavailable(code="ai_down")), await queued(app)
    for _ in range(5):
        await jobs.run_due(app, work.kinds)
        clock_of(app).move(hours=2)
    dead = await found(app, job)
    assert (dead.status, dead.attempts, dead.last_error) == ("dead", 3, "ai_down")
    assert work.given_up == ["ai_down"]
    assert len(work.runs) == 3


async def test_a_fault_that_cannot_pass_fails_at_once(app: App) -> None:
    work, job = failing(NotFound(code="photo_gone")), await queued(app)
    await jobs.run_due(app, work.kinds)
    failed = await found(app, job)
    assert (failed.status, failed.attempts, failed.last_error) == ("failed", 1, "photo_gone")
    assert work.given_up == ["photo_gone"]


async def test_a_crash_is_tried_again_and_its_message_is_not_kept(app: App) -> None:
    work, job = failing(RuntimeError("jane.doe@example.com")), await queued(app)
    await jobs.run_due(app, work.kinds)
    again = await found(app, job)
    assert (again.status, again.last_error) == ("pending", "crashed")


async def test_what_give_up_returns_is_written_with_the_end_of_the_job(app: App) -> None:
    other = jobs.new(KIND, "a", "other", at=app.clock.now())

    async def tell(app: App, job: jobs.Job, fault: AppError) -> list[object]:
        return [jobs.insert(other, app.clock.now())]

    kind = replace(failing(NotFound()).kinds[KIND], on_failure=tell)
    job = await queued(app)
    await jobs.run_one(app, {KIND: kind}, job.id)
    assert (await found(app, other)).status == "pending"
    assert (await found(app, job)).status == "failed"


@pytest.mark.parametrize(
    ("attempt", "least", "most"),
    [(1, 4, 8), (2, 8, 16), (3, 16, 32), (9, 1024, 2048), (10, 1800, 3600), (99, 1800, 3600)],
)
def test_waits_double_to_an_hour_and_spread_over_their_second_half(attempt: int, least: int, most: int) -> None:
    kind = JobKind("k", finish, Work()._give_up, first_wait_s=8)
    assert kind.wait_after(attempt, 0).total_seconds() == least
    assert kind.wait_after(attempt, 1).total_seconds() == most


async def test_a_job_whose_worker_died_is_taken_over_when_its_lease_ends(app: App) -> None:
    async def die(app: App, lease: Lease) -> None:
        raise Killed

    dying, job = Work(die), await queued(app)
    with pytest.raises(Killed):
        await jobs.run_due(app, dying.kinds)
    assert (await found(app, job)).status == "running"
    work = Work()
    assert await jobs.run_due(app, work.kinds) == 0
    clock_of(app).move(seconds=app.settings.job_lease_s)
    assert await jobs.run_due(app, work.kinds) == 1
    assert (await found(app, job)).attempts == 2


async def test_a_job_whose_worker_is_stopped_is_given_back_at_once_and_its_attempt_is_not_counted(app: App) -> None:
    started = asyncio.Event()

    async def endless(app: App, lease: Lease) -> None:
        started.set()
        await asyncio.Event().wait()

    job = await queued(app)
    worker = asyncio.ensure_future(jobs.run_due(app, Work(endless).kinds))
    await started.wait()
    worker.cancel()
    with pytest.raises(asyncio.CancelledError):
        await worker
    back = await found(app, job)
    assert (back.status, back.attempts, back.lease_token, back.lease_until) == ("pending", 0, None, None)
    assert back.last_error is None
    assert await jobs.run_due(app, Work().kinds) == 1
    assert (await found(app, job)).attempts == 1


class StoppedByItsFirstWrite:
    """A database whose first batch is written, and whose caller is stopped before it hears of that."""

    def __init__(self, db: Database):
        self.one, self.all, self._db, self._stopped = db.one, db.all, db, False

    async def batch(self, *statements: Any) -> Sequence[Result]:
        results = await self._db.batch(*statements)
        if not self._stopped:
            self._stopped = True
            raise asyncio.CancelledError
        return results


async def test_a_worker_that_is_stopped_while_it_leases_leaves_nothing_leased(app: App) -> None:
    work, job = Work(), await queued(app)
    with pytest.raises(asyncio.CancelledError):
        await jobs.run_one(replace(app, db=StoppedByItsFirstWrite(app.db)), work.kinds, job.id)
    back = await found(app, job)
    assert (back.status, back.attempts, work.runs) == ("pending", 0, [])


async def test_a_job_that_ended_in_this_moment_is_not_given_back(app: App) -> None:
    async def finish_and_wait(app: App, lease: Lease) -> None:
        await finish(app, lease)
        worker.cancel()
        await asyncio.Event().wait()

    job = await queued(app)
    worker = asyncio.ensure_future(jobs.run_one(app, Work(finish_and_wait).kinds, job.id))
    with pytest.raises(asyncio.CancelledError):
        await worker
    assert (await found(app, job)).status == "done"


async def test_a_job_that_kills_every_worker_ends_dead(app: App) -> None:
    async def die(app: App, lease: Lease) -> None:
        raise Killed

    work, job = Work(die), await queued(app)
    for _ in range(3):
        with pytest.raises(Killed):
            await jobs.run_due(app, work.kinds)
        clock_of(app).move(seconds=app.settings.job_lease_s)
    await jobs.run_due(app, work.kinds)
    assert (await found(app, job)).status == "dead"
    assert (len(work.runs), work.given_up) == (3, ["worker_died"])


async def test_a_worker_that_lost_its_lease_cannot_finish(app: App) -> None:
    first = Work()

    async def slow(app: App, lease: Lease) -> None:
        clock_of(app).move(seconds=app.settings.job_lease_s)
        assert await jobs.run_due(app, first.kinds) == 1
        await finish(app, lease)

    job = await queued(app)
    await jobs.run_one(app, Work(slow).kinds, job.id)
    done = await found(app, job)
    assert (done.status, done.attempts, done.last_error) == ("done", 2, None)


async def test_a_worker_that_lost_its_lease_cannot_fail_the_job(app: App) -> None:
    first = Work()

    async def slow(app: App, lease: Lease) -> None:
        clock_of(app).move(seconds=app.settings.job_lease_s)
        await jobs.run_due(app, first.kinds)
        raise NotFound

    work, job = Work(slow), await queued(app)
    await jobs.run_one(app, work.kinds, job.id)
    assert (await found(app, job)).status == "done"


async def test_work_that_is_refused_while_its_lease_holds_is_over(app: App) -> None:
    work, job = failing(Refused("not_open")), await queued(app)
    await jobs.run_due(app, work.kinds)
    over = await found(app, job)
    assert (over.status, over.last_error, over.lease_token) == ("cancelled", "not_open", None)
    assert work.given_up == []


async def test_a_kind_that_nobody_knows_does_not_stop_the_others(app: App) -> None:
    now, work = app.clock.now(), Work()
    strange = jobs.new("unknown.kind", "a", "s", at=now, priority=9)
    await app.db.batch(jobs.insert(strange, now))
    job = await queued(app)
    assert await jobs.run_due(app, work.kinds) == 1
    assert (await found(app, job)).status == "done"
    assert (await found(app, strange)).status == "pending"
    assert not await jobs.run_one(app, work.kinds, strange.id)


def quick(app: App) -> App:
    """With a lease so short that its heart beats every ten milliseconds; the clock that ends it stands still."""
    return replace(app, settings=replace(app.settings, job_lease_s=0.03))  # type: ignore[arg-type]


async def test_a_heartbeat_keeps_the_lease_while_the_work_runs(app: App) -> None:
    ends = []

    async def long(app: App, lease: Lease) -> None:
        clock_of(app).move(seconds=10)
        now = lease.job
        while now.lease_until == lease.job.lease_until:
            now = await found(app, now)
        ends.append(now.lease_until)
        await finish(app, lease)

    job = await queued(app)
    await asyncio.wait_for(jobs.run_one(quick(app), Work(long).kinds, job.id), 10)
    assert ends == [app.clock.now() + timedelta(seconds=0.03)]
    assert (await found(app, job)).status == "done"


async def test_work_whose_job_was_cancelled_is_stopped(app: App) -> None:
    stopped = []

    async def endless(app: App, lease: Lease) -> None:
        await app.db.batch(jobs.cancel("a", lease.job.dedupe_key, app.clock.now()))
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            stopped.append(lease.job.id)
            raise

    work, job = Work(endless), await queued(app)
    runner = asyncio.ensure_future(jobs.run_one(quick(app), work.kinds, job.id))
    done, _ = await asyncio.wait([runner], timeout=10)
    assert done == {runner}, "the heartbeat did not stop the work"
    assert stopped == [job.id]
    assert (await found(app, job)).status == "cancelled"
    assert work.given_up == []
