"""Heavy jobs that render workers do: leased, reported and recorded by requests, each with the lease's token."""

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
from app.jobs import Kinds, Lease
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
    """Lease the fairest job of the kinds that a render worker can do; None when none is due."""
    heavy = {name: kind for name, kind in kinds.items() if isinstance(kind, HeavyKind) and name in wanted}
    while job := await jobs.due(app.db, app.clock.now(), heavy):
        taken = await jobs.take(app, Lease(job, new_token(), heavy[job.kind]))
        if isinstance(taken, Lease) and (task := await _begun(app, taken, heavy[job.kind].render)):
            return LeasedTask(job.id, taken.token, app.settings.job_lease_s, job.kind, _sent(app, task))
    return None


async def unattended(app: App, kinds: Kinds) -> dict[str, int]:
    """How many heavy jobs have waited for an hour, by kind, while no render worker has taken one of their kind.

    A worker that comes takes what is due, so where nothing was taken, none that can do this kind has come.
    """
    heavy = [name for name, kind in kinds.items() if kind.heavy]
    return await jobs.left_waiting(app.db, heavy, app.clock.now() - UNATTENDED)


async def extend(app: App, kinds: Kinds, job_id: str, token: str) -> None:
    """Keep the lease: the worker is still at it. Raises NotFound, Conflict `lease_lost`."""
    lease, _ = await _held(app, kinds, job_id, token)
    try:
        await jobs.extend(app, lease)
    except Refused as refused:
        raise _lost() from refused


async def ticket(app: App, kinds: Kinds, job_id: str, token: str, request: UploadRequest) -> UploadTicket:
    """Sign an address to which the worker sends one output. Raises NotFound, Conflict `lease_lost`, Unprocessable."""
    lease, render = await _held(app, kinds, job_id, token)
    task = await render.task(app, lease)
    if task is None:
        raise _lost("made_already")
    output = task.outputs.get(request.name)
    if output is None:
        raise Unprocessable("This file was not ordered.", code="wrong_name")
    if request.mime != output.mime or not 0 < request.bytes <= output.most_bytes:
        raise _wrong(request.name)
    ends = app.clock.now() + LINK_LIFE
    key = _key(lease, render, request.name, output)
    return app.files.upload_ticket(key, mime=request.mime, size=request.bytes, expires_at=ends)


async def finish(app: App, kinds: Kinds, job_id: str, token: str, completed: CompletedRender) -> None:
    """Check and record what was sent. A repeated report is answered as the first was.

    Raises NotFound, Conflict `lease_lost` (or why the work is not wanted any more), Unprocessable when the files are
    not what was ordered.
    """
    lease, render = await _lease(app, kinds, job_id, token)
    with log.context(job_id=job_id, shop=lease.job.shop_id, kind=lease.kind.name):
        if not lease.held:
            if await _discard(app, lease, render):
                raise _lost()
            return  # the answer to the first report was lost
        report = render.read_report(completed.report)
        try:
            await _record(app, lease, render, completed, report)
        except Refused as refused:
            await jobs.end(app, lease, "cancelled", refused.code)
            if await _discard(app, lease, render):
                raise _lost(refused.code) from refused
            return  # the same report, sent twice at once, was recorded meanwhile
        except Unavailable:  # to be repeated, with the same files
            raise
        except AppError:
            await _discard(app, lease, render)
            raise
        app.log.info("job_done", attempts=lease.job.attempts, remote=True)


async def fail(app: App, kinds: Kinds, job_id: str, token: str, fault: AppError) -> None:
    """Try the job again later, or give it up: the worker could not do it. Raises NotFound, Conflict `lease_lost`."""
    lease, render = await _held(app, kinds, job_id, token)
    with log.context(job_id=job_id, shop=lease.job.shop_id, kind=lease.kind.name):
        await jobs.fail(app, lease, fault)
    await _discard(app, lease, render)


async def release(app: App, kinds: Kinds, job_id: str, token: str) -> None:
    """Let another worker have the job at once: this one stops. Raises NotFound, Conflict `lease_lost`."""
    lease, render = await _held(app, kinds, job_id, token)
    try:
        await app.db.batch(*lease.release(app.clock.now()))
    except Refused as refused:
        raise _lost() from refused
    await _discard(app, lease, render)


async def _begun(app: App, lease: Lease, render: AnyRender) -> Task | None:
    """What to make; None when there is nothing to make, and the job has ended, or waits for its next time."""
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


def _sent(app: App, task: Task) -> dict[str, object]:
    """A task as a render worker is told of it."""
    ends = app.clock.now() + LINK_LIFE
    links = {f"{name}_url": app.files.link(each.key, expires_at=ends) for name, each in task.inputs.items()}
    return {**links, "spec": asdict(task.spec)}


async def _record(app: App, lease: Lease, render: AnyRender, completed: CompletedRender, report: object) -> None:
    """Look at the files before they count. Raises NotFound, Refused, Unprocessable."""
    task = await render.task(app, lease)
    if task is None:
        raise Refused("made_already")
    if not completed.files.keys() <= task.outputs.keys():
        raise unreadable()
    arrived = {name: await _arrived(app, lease, render, task, name, completed.files.get(name)) for name in task.outputs}
    started = app.clock.now() - timedelta(milliseconds=completed.took_ms)
    await render.record(app, lease, task, arrived, report, started)


async def _arrived(
    app: App, lease: Lease, render: AnyRender, task: Task, name: str, upload: CompletedUpload | None
) -> media.ArrivedFile:
    """An output that lies in storage as it was reported and ordered. Raises Unprocessable."""
    output = task.outputs[name]
    key = _key(lease, render, name, output)
    info = await app.files.stat(key) if upload else None
    if upload is None or info is None:
        raise Unprocessable(f"The {_words(name)} file has not arrived.", code=f"{name}_missing")
    if (info.bytes, info.mime) != (upload.bytes, output.mime) or not await render.is_as_ordered(app, task, name, key):
        raise _wrong(name)
    return media.ArrivedFile(info.mime, info.bytes, upload.sha256)


async def _discard(app: App, lease: Lease, render: AnyRender) -> bool:
    """Delete what this attempt has sent, unless it was recorded; whether it was not."""
    job = lease.job
    return await media.discard_attempt(
        app, job.shop_id, folder=render.folder, subject=job.subject_id, attempt=lease.attempt
    )


def _key(lease: Lease, render: AnyRender, name: str, output: Output) -> str:
    job = lease.job
    return media.object_key(job.shop_id, render.folder, job.subject_id, name, lease.attempt, output.mime)


async def _held(app: App, kinds: Kinds, job_id: str, token: str) -> tuple[Lease, AnyRender]:
    lease, render = await _lease(app, kinds, job_id, token)
    if not lease.held:
        raise _lost()
    return lease, render


async def _lease(app: App, kinds: Kinds, job_id: str, token: str) -> tuple[Lease, AnyRender]:
    """What the token claims, held or not."""
    job = await jobs.job(app.db, job_id)
    kind = kinds.get(job.kind) if job else None
    if job is None or not isinstance(kind, HeavyKind):
        raise NotFound()
    if not _TOKEN.fullmatch(token):  # it becomes part of a file's name
        raise _lost()
    return Lease(job, token, kind), kind.render


def _lost(code: str = "lease_lost") -> Conflict:
    return Conflict("This job was given to another worker, or it has ended.", code=code)


def _wrong(name: str) -> Unprocessable:
    return Unprocessable(f"The {_words(name)} file is not what was ordered.", code=f"wrong_{name}")


def _words(name: str) -> str:
    return name.replace("_", " ")
