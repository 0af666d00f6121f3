"""Jobs that print workers do: leased, reported and recorded through requests, each with the lease's token."""

from __future__ import annotations

import re
from datetime import timedelta

from app.core import log
from app.core.app import App
from app.core.errors import AppError, Conflict, NotFound, Refused, Unavailable
from app.core.ids import new_token
from app.core.ports import UploadTicket
from app.jobs import queries
from app.jobs.model import Kinds, Lease, Remote
from app.jobs.running import ended, failed, take
from app.jobs.work import Delivery, Parcel, PrintTask, WorkOrder

_TOKEN = re.compile(r"[\w-]{43}", re.ASCII)


async def work_order(app: App, kinds: Kinds) -> WorkOrder | None:
    """The fairest job that a print worker can do, leased to whoever asked; None when there is none."""
    remotes = {name: kind.remote for name, kind in kinds.items() if kind.remote}
    remote_kinds = {name: kinds[name] for name in remotes}
    while job := await queries.due(app.db, app.clock.now(), remote_kinds):
        taken = await take(app, Lease(job, new_token(), kinds[job.kind]))
        if isinstance(taken, Lease) and (task := await _task(app, taken, remotes[job.kind])):
            return WorkOrder(job.id, taken.token, app.settings.job_lease_s, task)
    return None


async def extend(app: App, kinds: Kinds, job_id: str, token: str) -> None:
    """The worker is still at it. Raises NotFound, Conflict `lease_lost`."""
    lease, _ = await _held(app, kinds, job_id, token)
    until = app.clock.now() + timedelta(seconds=app.settings.job_lease_s)
    try:
        await app.db.batch(queries.extend(lease.job.id, token, until))
    except Refused as refused:
        raise _lost() from refused


async def ticket(app: App, kinds: Kinds, job_id: str, token: str, parcel: Parcel) -> UploadTicket:
    """Where the worker sends its file. Raises NotFound, Conflict `lease_lost`, Unprocessable."""
    lease, remote = await _held(app, kinds, job_id, token)
    return await remote.ticket(app, lease, parcel)


async def finish(app: App, kinds: Kinds, job_id: str, token: str, delivery: Delivery) -> None:
    """Check and record what was sent. Repeated, it is answered as at first.

    Raises NotFound, Conflict `lease_lost` (or why the work was not wanted any more), Unprocessable when the file is
    not what was ordered.
    """
    lease, remote = await _lease(app, kinds, job_id, token)
    with log.context(job_id=job_id, shop=lease.job.shop_id, kind=lease.kind.name):
        try:
            await remote.record(app, lease, delivery)
        except Refused as refused:
            await ended(app, lease, "cancelled", refused.code)
            await remote.discard(app, lease)
            raise _lost(refused.code) from refused
        except Unavailable:  # to be repeated, with the same file
            raise
        except AppError:
            await remote.discard(app, lease)
            raise
        app.log.info("job_done", attempts=lease.job.attempts, remote=True)


async def fail(app: App, kinds: Kinds, job_id: str, token: str, fault: AppError) -> None:
    """The worker could not do it: it is tried again later, or given up. Raises NotFound, Conflict `lease_lost`."""
    lease, remote = await _held(app, kinds, job_id, token)
    with log.context(job_id=job_id, shop=lease.job.shop_id, kind=lease.kind.name):
        await failed(app, lease, fault)
    await remote.discard(app, lease)


async def release(app: App, kinds: Kinds, job_id: str, token: str) -> None:
    """The worker stops: another may have the job at once. Raises NotFound, Conflict `lease_lost`."""
    lease, remote = await _held(app, kinds, job_id, token)
    try:
        await app.db.batch(*lease.release(app.clock.now()))
    except Refused as refused:
        raise _lost() from refused
    await remote.discard(app, lease)


async def _task(app: App, lease: Lease, remote: Remote) -> PrintTask | None:
    """What to print; None when there is nothing to print, and the job has ended, or waits for its next time."""
    with log.context(job_id=lease.job.id, shop=lease.job.shop_id, kind=lease.kind.name):
        try:
            return await remote.order(app, lease)
        except Refused as refused:
            await ended(app, lease, "cancelled", refused.code)
        except AppError as fault:
            await failed(app, lease, fault)
    return None


async def _held(app: App, kinds: Kinds, job_id: str, token: str) -> tuple[Lease, Remote]:
    lease, remote = await _lease(app, kinds, job_id, token)
    if not lease.held:
        raise _lost()
    return lease, remote


async def _lease(app: App, kinds: Kinds, job_id: str, token: str) -> tuple[Lease, Remote]:
    """What the token claims, held or not."""
    job = await queries.job(app.db, job_id)
    kind = kinds.get(job.kind) if job else None
    if job is None or kind is None or kind.remote is None:
        raise NotFound()
    if not _TOKEN.fullmatch(token):  # it becomes part of a file's name
        raise _lost()
    return Lease(job, token, kind), kind.remote


def _lost(code: str = "lease_lost") -> Conflict:
    return Conflict("This job has ended or was given to another worker.", code=code)
