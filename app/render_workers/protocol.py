"""The protocol of render workers: requests that lease, extend, finish, fail and release heavy jobs.

Every request about a leased job carries the lease's token.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import asdict
from datetime import timedelta

from app import jobs, media
from app.core import log
from app.core.app import App
from app.core.errors import AppError, Conflict, NotFound, Refused, Unavailable, Unprocessable
from app.core.ids import new_token
from app.core.ports.files import UploadTicket
from app.jobs import JobKind, Kinds, Lease, Outcome
from app.render_workers.kinds import HeavyKind
from app.render_workers.model import (
    CompletedRender,
    CompletedUpload,
    LeasedTask,
    Output,
    Render,
    Task,
    UploadRequest,
    unreadable,
)

LINK_LIFE = timedelta(minutes=15)
UNATTENDED = timedelta(hours=1)
_TOKEN = re.compile(r"[\w-]{43}", re.ASCII)
AnyRender = Render[Task, object, object]


async def lease(app: App, kinds: Kinds, wanted: Collection[str]) -> LeasedTask | None:
    """Lease the next job of the kinds that a render worker can run; None if none is due."""
    heavy = {name: kind for name, kind in kinds.items() if isinstance(kind, HeavyKind) and name in wanted}
    while job := await jobs.due(app.db, app.clock.now(), heavy):
        taken = await jobs.take(app, Lease(job, new_token(), heavy[job.kind]))
        if isinstance(taken, Lease) and (task := await _begin(app, taken, heavy[job.kind].render)):
            return LeasedTask(job.id, taken.token, app.settings.job_lease_s, job.kind, _payload(app, task))
        if isinstance(taken, Lease) or taken is Outcome.RAN:  # the job ended, or will be retried
            await _wake_next(app, job.shop_id, heavy[job.kind])
    return None


async def unattended(app: App, kinds: Kinds) -> dict[str, int]:
    """Return how many heavy jobs have waited for UNATTENDED, by kind, without kinds of which a job was leased since.

    A worker that connects takes a job that is due. So if none was leased, no worker that can run the kind connected.
    """
    heavy = [name for name, kind in kinds.items() if kind.heavy]
    return await jobs.waiting_by_kind(app.db, heavy, app.clock.now() - UNATTENDED)


async def extend(app: App, kinds: Kinds, job_id: str, token: str) -> None:
    """Extend the lease while the worker is rendering. Raises NotFound, Conflict `lease_lost`."""
    lease, _ = await _held_lease(app, kinds, job_id, token)
    try:
        await jobs.extend(app, lease)
    except Refused as refused:
        raise _lease_lost() from refused


async def ticket(app: App, kinds: Kinds, job_id: str, token: str, request: UploadRequest) -> UploadTicket:
    """Sign an upload of one output by the worker.

    Raises NotFound, Conflict (`lease_lost`, or `made_already` if the result exists), and Unprocessable if the task does
    not ask for this file.
    """
    lease, render = await _held_lease(app, kinds, job_id, token)
    task = await render.task(app, lease)
    if task is None:
        raise _lease_lost("made_already")
    output = task.outputs.get(request.name)
    if output is None:
        raise Unprocessable("This file was not requested.", code="wrong_name")
    if request.mime != output.mime or not 0 < request.bytes <= output.most_bytes:
        raise _wrong_file(request.name)
    ends = app.clock.now() + LINK_LIFE
    key = _key(lease, render, request.name, output)
    return app.files.upload_ticket(key, mime=request.mime, size=request.bytes, expires_at=ends)


async def finish(app: App, kinds: Kinds, job_id: str, token: str, completed: CompletedRender) -> None:
    """Check and record the files that the worker uploaded. A repeated report gets the same answer as the first.

    Raises NotFound, Conflict (`lease_lost`, or the code of the reason why the result is no longer needed), and
    Unprocessable if the files are not the ones requested.
    """
    lease, render = await _lease(app, kinds, job_id, token)
    with log.context(job_id=job_id, shop=lease.job.shop_id, kind=lease.kind.name):
        if not lease.held:
            if await _discard(app, lease, render):
                raise _lease_lost()
            return  # the job is recorded, but the worker did not get the answer to its first report
        report = render.read_report(completed.report)
        try:
            await _record(app, lease, render, completed, report)
        except Refused as refused:
            await jobs.end(app, lease, "cancelled", refused.code)
            await _wake_next(app, lease.job.shop_id, lease.kind)
            if await _discard(app, lease, render):
                raise _lease_lost(refused.code) from refused
            return  # the same report was sent twice at once, and the other one was recorded
        except Unavailable:  # the worker repeats the report, so keep the files
            raise
        except AppError:
            await _discard(app, lease, render)
            raise
        app.log.info("job_done", attempts=lease.job.attempts, remote=True)
        await _wake_next(app, lease.job.shop_id, lease.kind)


async def fail(app: App, kinds: Kinds, job_id: str, token: str, fault: AppError) -> None:
    """Retry or end a job that the worker could not run. Raises NotFound, Conflict `lease_lost`."""
    lease, render = await _held_lease(app, kinds, job_id, token)
    with log.context(job_id=job_id, shop=lease.job.shop_id, kind=lease.kind.name):
        await jobs.fail(app, lease, fault)
        await _wake_next(app, lease.job.shop_id, lease.kind)
    await _discard(app, lease, render)


async def release(app: App, kinds: Kinds, job_id: str, token: str) -> None:
    """Release the job to other workers at once, because this one stops. Raises NotFound, Conflict `lease_lost`."""
    lease, render = await _held_lease(app, kinds, job_id, token)
    try:
        await app.db.batch(*lease.release(app.clock.now()))
    except Refused as refused:
        raise _lease_lost() from refused
    await _wake_next(app, lease.job.shop_id, lease.kind)
    await _discard(app, lease, render)


async def _wake_next(app: App, shop_id: str, kind: JobKind) -> None:
    """Wake the next jobs in the lane in which a job of this kind has released its slot."""
    if kind.slots:
        await jobs.wake_next_in_line(app, shop_id, kind.slots)


async def _begin(app: App, lease: Lease, render: AnyRender) -> Task | None:
    """Return the task of a leased job; None if there is nothing to render and the job has ended or will be retried."""
    with log.context(job_id=lease.job.id, shop=lease.job.shop_id, kind=lease.kind.name):
        try:
            if task := await render.task(app, lease):
                await render.begin(app, task)
                return task
            await app.db.batch(*lease.finish(app.clock.now()))
        except Refused as refused:
            await jobs.end(app, lease, "cancelled", refused.code)
        except AppError as fault:
            await jobs.fail(app, lease, fault)
    return None


def _payload(app: App, task: Task) -> dict[str, object]:
    """Return the `task` of LeasedTask."""
    ends = app.clock.now() + LINK_LIFE
    links = {f"{name}_url": app.files.link(each.key, expires_at=ends) for name, each in task.inputs.items()}
    return {**links, "spec": asdict(task.spec)}


async def _record(app: App, lease: Lease, render: AnyRender, completed: CompletedRender, report: object) -> None:
    """Check the uploaded files and record them. Raises NotFound, Refused, Unprocessable."""
    task = await render.task(app, lease)
    if task is None:
        raise Refused("made_already")
    if not completed.files.keys() <= task.outputs.keys():
        raise unreadable()
    arrived = {
        name: await _check_output(app, lease, render, task, name, completed.files.get(name)) for name in task.outputs
    }
    started = app.clock.now() - timedelta(milliseconds=completed.took_ms)
    await render.record(app, lease, task, arrived, report, started)


async def _check_output(
    app: App, lease: Lease, render: AnyRender, task: Task, name: str, upload: CompletedUpload | None
) -> media.ArrivedFile:
    """Return an output if it is in storage as reported and as requested. Raises Unprocessable."""
    output = task.outputs[name]
    key = _key(lease, render, name, output)
    info = await app.files.stat(key) if upload else None
    if upload is None or info is None:
        raise Unprocessable(f"The {_words(name)} file has not arrived.", code=f"{name}_missing")
    if (info.bytes, info.mime) != (upload.bytes, output.mime) or not await render.is_as_ordered(app, task, name, key):
        raise _wrong_file(name)
    return media.ArrivedFile(info.mime, info.bytes, upload.sha256)


async def _discard(app: App, lease: Lease, render: AnyRender) -> bool:
    """Delete the files that this attempt uploaded. Return False if they have been recorded, and keep them."""
    job = lease.job
    return await media.discard_attempt(
        app, job.shop_id, folder=render.folder, subject=job.subject_id, attempt=lease.attempt
    )


def _key(lease: Lease, render: AnyRender, name: str, output: Output) -> str:
    job = lease.job
    return media.object_key(job.shop_id, render.folder, job.subject_id, name, lease.attempt, output.mime)


async def _held_lease(app: App, kinds: Kinds, job_id: str, token: str) -> tuple[Lease, AnyRender]:
    lease, render = await _lease(app, kinds, job_id, token)
    if not lease.held:
        raise _lease_lost()
    return lease, render


async def _lease(app: App, kinds: Kinds, job_id: str, token: str) -> tuple[Lease, AnyRender]:
    """Return the lease that a token claims, which may no longer be held. Raises NotFound, Conflict."""
    job = await jobs.job(app.db, job_id)
    kind = kinds.get(job.kind) if job else None
    if job is None or not isinstance(kind, HeavyKind):
        raise NotFound()
    if not _TOKEN.fullmatch(token):  # a part of the token becomes part of object keys
        raise _lease_lost()
    return Lease(job, token, kind), kind.render


def _lease_lost(code: str = "lease_lost") -> Conflict:
    return Conflict("This job was given to another worker, or it has ended.", code=code)


def _wrong_file(name: str) -> Unprocessable:
    return Unprocessable(f"The {_words(name)} file is not the one requested.", code=f"wrong_{name}")


def _words(name: str) -> str:
    return name.replace("_", " ")
