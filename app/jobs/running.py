"""Running jobs: lease, heartbeat, run, and what to do when a run fails or the process ends."""

from __future__ import annotations

import asyncio
import random
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta

from app.core import log
from app.core.app import App
from app.core.errors import AppError, Refused, Unavailable
from app.core.ids import new_token
from app.core.ports.queue import LONGEST_WAKE_UP_DELAY_S
from app.jobs.kinds import JobKind, Kinds, Lease, here
from app.jobs.model import OPEN, Job, Outcome
from app.jobs.queries import rows, turns
from app.jobs.wake_ups import wake_next_in_line


async def run_due(app: App, kinds: Kinds, stop: asyncio.Event | None = None) -> int:
    """Run jobs of these kinds one after another until none is due, or `stop` is set; how many ran.

    Heavy ones are left to render workers where those are let in.
    """
    ran, mine = 0, here(app, kinds)
    while not (stop and stop.is_set()) and await _run_fairest(app, mine):
        ran += 1
    return ran


async def run_woken(app: App, kinds: Kinds, job_id: str) -> bool:
    """Run one due job for a wake-up that names one; False when the named one has ended, or none can run.

    The fairest job is run. If that is not the named one, the named one gets another wake-up, so that it is not left
    without. If another worker takes the fairest job at this moment, the named one is run, so that workers do not race
    for every job of a crowd.
    """
    mine, named = here(app, kinds), await rows.job(app.db, job_id)
    if named is None or named.status not in OPEN:
        return False
    job = await turns.due(app.db, app.clock.now(), mine)
    if job is None:
        return False
    if job.id != job_id:
        await app.queue.wake(job_id)
    return await _run_job(app, mine, job) or await run_one(app, mine, job_id) or await _run_fairest(app, mine)


async def run_one(app: App, kinds: Kinds, job_id: str) -> bool:
    """Run this job if it is due; whether it ran."""
    job = await rows.job(app.db, job_id)
    return job is not None and await _run_job(app, kinds, job)


async def _run_fairest(app: App, kinds: Kinds) -> bool:
    """Run the fairest job that may run now; False when there is none. What another worker takes is not due any more."""
    while job := await turns.due(app.db, app.clock.now(), kinds):
        if await _run_job(app, kinds, job):
            return True
    return False


async def _run_job(app: App, kinds: Kinds, job: Job) -> bool:
    if await _attempt(app, kinds, job) is not Outcome.RAN:
        return False
    await _bring_on(app, kinds[job.kind], job)
    return True


async def _bring_on(app: App, kind: JobKind, job: Job) -> None:
    """Wake the next jobs of the lane whose slot a job has released."""
    if kind.slots:
        await wake_next_in_line(app, job.shop_id, kind.slots)


async def _attempt(app: App, kinds: Kinds, job: Job) -> Outcome:
    kind = kinds.get(job.kind)
    if kind is None:  # left by a newer version: whoever knows it will run it
        app.log.warning("job_kind_unknown", kind=job.kind, job_id=job.id)
        return Outcome.UNKNOWN_KIND
    if not kind.runs_here(app):
        return Outcome.LEFT_TO_RENDER_WORKERS
    lease = Lease(job, new_token(), kind)
    with log.context(job_id=job.id, shop=job.shop_id, kind=job.kind):
        try:
            return await _leased_run(app, lease)
        except asyncio.CancelledError:
            await _give_back(app, lease)
            raise


async def _leased_run(app: App, lease: Lease) -> Outcome:
    taken = await take(app, lease)
    if isinstance(taken, Outcome):
        return taken
    await _run(app, taken)
    return Outcome.RAN


async def take(app: App, lease: Lease) -> Lease | Outcome:
    """Take the lease; gives it with its job as it is now, or says why there is none.

    That is RAN when all the job's workers have died in the middle, and it was given up now.
    """
    job, kind = lease.job, lease.kind
    statements = [rows.lease(job, lease.token, app.clock.now(), app.settings.job_lease_s)]
    if kind.slots and job.status == "pending":  # one that a dead worker left still holds its slot
        statements.insert(0, kind.slots.take(job.shop_id))
    try:
        await app.db.batch(*statements)
    except Refused as refused:
        return Outcome.NOT_DUE if refused.code == "not_due" else Outcome.SLOTS_FULL
    leased = await rows.job(app.db, job.id)
    if leased is None or leased.lease_token != lease.token:
        return Outcome.NOT_DUE
    lease = replace(lease, job=leased)
    if leased.attempts > kind.max_attempts:  # its workers died in the middle, every one of them
        await fail(app, lease, Unavailable(code="worker_died"))
        return Outcome.RAN
    return lease


async def _run(app: App, lease: Lease) -> None:
    work = asyncio.ensure_future(lease.kind.run(app, lease))
    lost = asyncio.Event()
    heart = asyncio.ensure_future(_heartbeat(app, lease, work, lost))
    try:
        await work
        app.log.info("job_done", attempts=lease.job.attempts)
    except asyncio.CancelledError:
        if not lost.is_set():
            raise
        app.log.info("job_lost")
    except Refused as refused:
        app.log.info("job_lost", reason=refused.code)
        await end(app, lease, "cancelled", refused.code)
    except AppError as fault:
        await fail(app, lease, fault)
    except Exception as fault:  # noqa: BLE001  # the job boundary
        app.log.error("job_crashed", fault)
        await fail(app, lease, Unavailable(code="crashed"))
    finally:
        heart.cancel()


async def extend(app: App, lease: Lease) -> None:
    """Keep the lease for as long again. Raises Refused `lease_lost`."""
    until = app.clock.now() + timedelta(seconds=app.settings.job_lease_s)
    await app.db.batch(rows.extend(lease.job.id, lease.token, until))


async def _heartbeat(app: App, lease: Lease, work: asyncio.Future[None], lost: asyncio.Event) -> None:
    """Extend the lease while the work runs; stop the work when the lease is lost (cancelled, or taken over)."""
    while True:
        await asyncio.sleep(app.settings.job_lease_s / 3)
        try:
            await extend(app, lease)
        except Refused:
            lost.set()
            work.cancel()
            return
        except Unavailable:
            app.log.warning("heartbeat_missed")


async def _give_back(app: App, lease: Lease) -> None:
    """The process ends, the work does not: another worker need not wait for the lease to run out."""
    try:
        await app.db.batch(*lease.release(app.clock.now()))
    except Refused:  # it was done, cancelled or taken over in this moment
        return
    except Unavailable:
        app.log.warning("job_not_given_back")
        return
    app.log.info("job_given_back")
    await app.queue.wake(lease.job.id)


async def end(app: App, lease: Lease, status: str, reason: str) -> None:
    """End the job alone: its subject has moved on, or is gone. Unended, it would run, and hold its slot, for ever."""
    job = lease.job
    ending = rows.end(job.shop_id, job.id, lease.token, status, reason, app.clock.now())
    with suppress(Refused):  # it was the lease that was lost
        await app.db.batch(ending, *lease.free())


async def _postpone(app: App, lease: Lease, fault: AppError) -> None:
    """Due again after a wait. No queue delays a message for long: a longer wait ends with the sweep."""
    now, job = app.clock.now(), lease.job
    wait = lease.kind.wait_after(job.attempts, random.random())  # noqa: S311  # spreads load, no secret
    with suppress(Refused):
        await app.db.batch(rows.postpone(job.id, lease.token, now + wait, fault.code, now), *lease.free())
        if wait.total_seconds() <= LONGEST_WAKE_UP_DELAY_S:
            await app.queue.wake(job.id, after_s=wait.total_seconds())


async def fail(app: App, lease: Lease, fault: AppError) -> None:
    """Try again later, or give up and tell the subject."""
    now, job = app.clock.now(), lease.job
    app.log.warning("job_failed", code=fault.code, attempts=job.attempts, retryable=fault.retryable)
    if fault.retryable and job.attempts < lease.kind.max_attempts:
        await _postpone(app, lease, fault)
        return
    status = "dead" if fault.retryable else "failed"
    ending = [rows.end(job.shop_id, job.id, lease.token, status, fault.code, now), *lease.free()]
    try:
        await app.db.batch(*ending, *await lease.kind.on_failure(app, job, fault))
    except Refused:
        await end(app, lease, status, fault.code)
