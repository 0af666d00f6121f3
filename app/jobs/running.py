"""Running jobs: leases, heartbeats, retries, and what happens when a run fails or the process stops."""

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
from app.jobs.kinds import JobKind, Kinds, Lease, runnable_here
from app.jobs.model import OPEN, Job, Outcome
from app.jobs.queries import rows, scheduling
from app.jobs.wake_ups import wake_next_in_line


async def run_due(app: App, kinds: Kinds, stop: asyncio.Event | None = None) -> int:
    """Run jobs of these kinds one after another until none is due or `stop` is set; return how many ran.

    Heavy jobs are left to render workers if this deployment accepts them.
    """
    ran, local = 0, runnable_here(app, kinds)
    while not (stop and stop.is_set()) and await _run_fairest(app, local):
        ran += 1
    return ran


async def run_woken(app: App, kinds: Kinds, job_id: str) -> bool:
    """Run one due job in response to a wake-up for `job_id`; return False if that job has ended or none can run.

    The job that runs is the one that fair scheduling puts first. If it is not the named job, the named job gets another
    wake-up, because it would otherwise have none. If another worker takes the first job meanwhile, the named job runs
    instead, so that many workers woken together do not all compete for the same job.
    """
    local, named = runnable_here(app, kinds), await rows.job(app.db, job_id)
    if named is None or named.status not in OPEN:
        return False
    job = await scheduling.due(app.db, app.clock.now(), local)
    if job is None:
        return False
    if job.id != job_id:
        await app.queue.wake(job_id)
    return await _run_job(app, local, job) or await run_one(app, local, job_id) or await _run_fairest(app, local)


async def run_one(app: App, kinds: Kinds, job_id: str) -> bool:
    """Run this job if it is due, and return whether it ran."""
    job = await rows.job(app.db, job_id)
    return job is not None and await _run_job(app, kinds, job)


async def _run_fairest(app: App, kinds: Kinds) -> bool:
    """Run the job that fair scheduling puts first; return False if none is due.

    The loop ends because a job that another worker takes is no longer due.
    """
    while job := await scheduling.due(app.db, app.clock.now(), kinds):
        if await _run_job(app, kinds, job):
            return True
    return False


async def _run_job(app: App, kinds: Kinds, job: Job) -> bool:
    if await _attempt(app, kinds, job) is not Outcome.RAN:
        return False
    await _wake_next(app, kinds[job.kind], job)
    return True


async def _wake_next(app: App, kind: JobKind, job: Job) -> None:
    """Wake the next jobs in the lane in which a job has released its slot."""
    if kind.slots:
        await wake_next_in_line(app, job.shop_id, kind.slots)


async def _attempt(app: App, kinds: Kinds, job: Job) -> Outcome:
    kind = kinds.get(job.kind)
    if kind is None:  # inserted by a newer version of the app, whose workers will run it
        app.log.warning("job_kind_unknown", kind=job.kind, job_id=job.id)
        return Outcome.UNKNOWN_KIND
    if not kind.runs_here(app):
        return Outcome.LEFT_TO_RENDER_WORKERS
    lease = Lease(job, new_token(), kind)
    with log.context(job_id=job.id, shop=job.shop_id, kind=job.kind):
        try:
            return await _leased_run(app, lease)
        except asyncio.CancelledError:
            await _release(app, lease)
            raise


async def _leased_run(app: App, lease: Lease) -> Outcome:
    taken = await take(app, lease)
    if isinstance(taken, Outcome):
        return taken
    await _run(app, taken)
    return Outcome.RAN


async def take(app: App, lease: Lease) -> Lease | Outcome:
    """Acquire the lease and return it with the job's current state, or return why it could not be acquired.

    The outcome is RAN if the worker died in every one of the job's attempts: the job is then ended as dead here.
    """
    job, kind = lease.job, lease.kind
    statements = [rows.lease(job, lease.token, app.clock.now(), app.settings.job_lease_s)]
    if kind.slots and job.status == "pending":  # a job whose worker died still holds its slot
        statements.insert(0, kind.slots.take(job.shop_id))
    try:
        await app.db.batch(*statements)
    except Refused as refused:
        return Outcome.NOT_DUE if refused.code == "not_due" else Outcome.SLOTS_FULL
    leased = await rows.job(app.db, job.id)
    if leased is None or leased.lease_token != lease.token:
        return Outcome.NOT_DUE
    lease = replace(lease, job=leased)
    if leased.attempts > kind.max_attempts:  # the worker died in every attempt
        await fail(app, lease, Unavailable(code="worker_died"))
        return Outcome.RAN
    return lease


async def _run(app: App, lease: Lease) -> None:
    work = asyncio.ensure_future(lease.kind.run(app, lease))
    lost = asyncio.Event()
    heartbeat = asyncio.ensure_future(_heartbeat(app, lease, work, lost))
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
        heartbeat.cancel()


async def extend(app: App, lease: Lease) -> None:
    """Extend the lease by `job_lease_s` seconds from now. Raises Refused `lease_lost`."""
    until = app.clock.now() + timedelta(seconds=app.settings.job_lease_s)
    await app.db.batch(rows.extend(lease.job.id, lease.token, until))


async def _heartbeat(app: App, lease: Lease, work: asyncio.Future[None], lost: asyncio.Event) -> None:
    """Extend the lease while the work runs. Stop the work if the lease is lost: the job was cancelled or taken over."""
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


async def _release(app: App, lease: Lease) -> None:
    """Release a job because the process is stopping, so that another worker need not wait for the lease to expire."""
    try:
        await app.db.batch(*lease.release(app.clock.now()))
    except Refused:  # the job ended, or was cancelled or taken over, in the meantime
        return
    except Unavailable:
        app.log.warning("job_not_released")
        return
    app.log.info("job_released")
    await app.queue.wake(lease.job.id)


async def end(app: App, lease: Lease, status: str, reason: str) -> None:
    """End the job without touching its subject, which has changed or no longer exists.

    Otherwise the job would run again and again, and would never release its slot.
    """
    job = lease.job
    ending = rows.end(job.shop_id, job.id, lease.token, status, reason, app.clock.now())
    with suppress(Refused):  # the lease was lost: another worker has the job, or it has ended
        await app.db.batch(ending, *lease.free())


async def _postpone(app: App, lease: Lease, fault: AppError) -> None:
    """Make the job due again after a delay.

    Queues cannot delay a message for long, so after a longer delay the sweep wakes the job.
    """
    now, job = app.clock.now(), lease.job
    wait = lease.kind.wait_after(job.attempts, random.random())  # noqa: S311  # spreads load, no secret
    with suppress(Refused):
        await app.db.batch(rows.postpone(job.id, lease.token, now + wait, fault.code, now), *lease.free())
        if wait.total_seconds() <= LONGEST_WAKE_UP_DELAY_S:
            await app.queue.wake(job.id, after_s=wait.total_seconds())


async def fail(app: App, lease: Lease, fault: AppError) -> None:
    """Schedule a retry, or end the job and apply the kind's `on_failure` if no attempts remain."""
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
