"""Running jobs: lease, heartbeat, run, and what to do when a run fails."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Mapping
from contextlib import suppress
from datetime import timedelta

from app.core import log
from app.core.app import App
from app.core.errors import AppError, Refused, Unavailable
from app.core.ids import new_token
from app.jobs import queries
from app.jobs.model import Job, JobKind, Lease

Kinds = Mapping[str, JobKind]
MOST_BUSY = 80
"""So many shops with taken slots are looked past in one go: a statement on D1 has at most 100 values."""


async def run_due(app: App, kinds: Kinds) -> int:
    """Run jobs of these kinds one after another until none is due; how many ran. Others are left to who knows them."""
    ran = 0
    busy: set[str] = set()
    while len(busy) < MOST_BUSY and (job := await queries.due(app.db, app.clock.now(), kinds, busy)):
        outcome = await _attempt(app, kinds, job)
        if outcome == "slots_full":
            busy.add(f"{job.shop_id}:{job.kind}")
        if outcome == "ran":
            ran += 1
            busy.clear()
    return ran


async def run_one(app: App, kinds: Kinds, job_id: str) -> bool:
    """Run this job if it is due; whether it ran."""
    job = await queries.job(app.db, job_id)
    return job is not None and await _attempt(app, kinds, job) == "ran"


async def _attempt(app: App, kinds: Kinds, job: Job) -> str:
    """`ran`, or why not: `not_due`, `slots_full`, `unknown_kind`."""
    kind = kinds.get(job.kind)
    if kind is None:  # left by a newer version: whoever knows it will run it
        app.log.warning("job_kind_unknown", kind=job.kind, job_id=job.id)
        return "unknown_kind"
    token = new_token()
    statements = [queries.lease(job, token, app.clock.now(), app.settings.job_lease_s)]
    if kind.slots and job.status == "pending":  # one that a dead worker left still holds its slot
        statements.insert(0, kind.slots.take(job.shop_id))
    try:
        await app.db.batch(*statements)
    except Refused as refused:
        return refused.code
    leased = await queries.job(app.db, job.id)
    if leased is None or leased.lease_token != token:
        return "not_due"
    with log.context(job_id=job.id, shop=job.shop_id, kind=job.kind):
        lease = Lease(leased, token, kind)
        if leased.attempts > kind.max_attempts:  # its workers died in the middle, every one of them
            await _failed(app, lease, Unavailable(code="worker_died"))
        else:
            await _run(app, lease)
    return "ran"


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
        await _end(app, lease, "cancelled", refused.code)
    except AppError as fault:
        await _failed(app, lease, fault)
    except Exception as fault:  # noqa: BLE001  # the job boundary
        app.log.error("job_crashed", fault)
        await _failed(app, lease, Unavailable(code="crashed"))
    finally:
        heart.cancel()


async def _heartbeat(app: App, lease: Lease, work: asyncio.Future[None], lost: asyncio.Event) -> None:
    """Extend the lease while the work runs; stop the work when the lease is lost (cancelled, or taken over)."""
    seconds = app.settings.job_lease_s
    while True:
        await asyncio.sleep(seconds / 3)
        try:
            await app.db.batch(queries.extend(lease.job.id, lease.token, app.clock.now() + timedelta(seconds=seconds)))
        except Refused:
            lost.set()
            work.cancel()
            return
        except Unavailable:
            app.log.warning("heartbeat_missed")


async def _end(app: App, lease: Lease, status: str, reason: str) -> None:
    """End the job alone: its subject has moved on, or is gone. Unended, it would run, and hold its slot, for ever."""
    job = lease.job
    ending = queries.end(job.shop_id, job.id, lease.token, status, reason, app.clock.now())
    with suppress(Refused):  # it was the lease that was lost
        await app.db.batch(ending, *lease.free())


async def _failed(app: App, lease: Lease, fault: AppError) -> None:
    """Try again later, or give up and tell the subject."""
    now, job = app.clock.now(), lease.job
    app.log.warning("job_failed", code=fault.code, attempts=job.attempts, retryable=fault.retryable)
    if fault.retryable and job.attempts < lease.kind.max_attempts:
        later = now + lease.kind.wait_after(job.attempts, random.random())  # noqa: S311  # spreads load, no secret
        with suppress(Refused):
            await app.db.batch(queries.postpone(job.id, lease.token, later, fault.code, now), *lease.free())
        return
    status = "dead" if fault.retryable else "failed"
    ending = [queries.end(job.shop_id, job.id, lease.token, status, fault.code, now), *lease.free()]
    try:
        await app.db.batch(*ending, *await lease.kind.give_up(app, job, fault))
    except Refused:
        await _end(app, lease, status, fault.code)
