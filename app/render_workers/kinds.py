"""Kinds of heavy job, which the deployment runs itself unless it accepts render workers."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from app.core.app import App
from app.core.errors import AppError, NotFound
from app.jobs import Job, JobKind, Lease
from app.render_workers.model import Input, Render, Tools

OnFailure = Callable[[App, Job, AppError], Awaitable[Sequence[Any]]]


@dataclass(frozen=True, kw_only=True)
class HeavyKind(JobKind):
    """A kind of job that `render` performs, in the deployment or on a render worker.

    `legacy_output` is the name of the kind's only output, if render workers of an older version perform it: those name
    neither kinds nor outputs. Only one kind may have it.
    """

    render: Render[Any, Any, Any] = field(repr=False)
    legacy_output: str | None = None


def heavy_kind(name: str, render: Render[Any, Any, Any], on_failure: OnFailure, **options: Any) -> HeavyKind:
    """Return a heavy kind of job. `options` are further fields of HeavyKind."""
    return HeavyKind(name=name, run=partial(_run, render), on_failure=on_failure, heavy=True, render=render, **options)


async def _run(render: Render[Any, Any, Any], app: App, lease: Lease) -> None:
    """Run the job in this deployment."""
    started = app.clock.now()
    task = await render.task(app, lease)
    if task is None:
        await app.db.batch(*lease.finish(started))
        return
    await render.begin(app, task)
    inputs = {name: await _read(app, each) for name, each in task.inputs.items()}
    made = await render.make(Tools(app.imaging, app.upscaler), inputs, task.spec)
    await render.record(app, lease, task, made.files, made.report, started)


async def _read(app: App, source: Input) -> bytes:
    try:
        return await app.files.get(source.key)
    except NotFound as fault:
        raise NotFound(source.message, code=source.code) from fault
