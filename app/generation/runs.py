"""The job that makes a generation, and the refund of the generation if the job fails for good."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic

from app import media
from app.core.app import App
from app.core.errors import AppError, NotFound, Refused
from app.core.ids import new_id
from app.core.pictures import ImageAnswer, ImageRequest, Picture
from app.generation import queries
from app.generation.model import G, Kind, ModelCall, Output
from app.generation.model_calls import log_call
from app.generation.rows import ShopperRow
from app.jobs import Job, JobKind, Lease
from app.quotas import SLOTS


@dataclass(frozen=True)
class Run(Generic[G]):
    """One attempt to make a generation. Capabilities call models through it, so that every call is logged."""

    app: App
    kind: Kind[G]
    row: G
    job_id: str

    async def progress(self, percent: int) -> None:
        """Set the progress. Raises Refused if the generation was cancelled meanwhile."""
        row, at = self.row, self.app.clock.now()
        await self.app.db.batch(queries.proceed(row.shop_id, self.kind, row.id, percent, at))

    async def source(self, asset_id: str | None) -> bytes:
        """Return the content of a file that the generation is made from. Raises NotFound."""
        asset = await media.asset(self.app.db, self.row.shop_id, asset_id) if asset_id else None
        if asset is None:
            raise NotFound("This photo is no longer available. Choose it again.", code="upload_missing")
        return await self.app.files.get(asset.key)

    async def picture(self, asset_id: str | None, width: int, height: int) -> Picture:
        """Return a picture that the generation is made from, as `Imaging.develop` prepares it for a model.

        It is cropped centrally to the aspect ratio width:height and has at most width × height pixels. Raises NotFound
        and what `develop` raises.
        """
        source = await self.source(asset_id)
        return await self.app.imaging.develop(source, crop=None, width=width, height=height)

    async def image(self, request: ImageRequest) -> ImageAnswer:
        """Call the image model. Raises what `ImageModel.render` raises."""
        model = self.app.image_model
        call = self._call("image", model.service, model.name, request.prompt, request.count)
        return await log_call(self.app, call, lambda: model.render(request), lambda answer: len(answer.pictures))

    def _call(self, api_type: str, service: str, model: str, prompt: str, images: int = 0) -> ModelCall:
        return ModelCall(
            id=new_id(),
            shop_id=self.row.shop_id,
            job_id=self.job_id,
            operation=self.kind.name,
            subject_type=self.kind.owner_type,
            subject_id=self.row.id,
            api_type=api_type,
            service=service,
            model=model,
            images_requested=images,
            prompt_chars=len(prompt),
            created_at=self.app.clock.now(),
        )


Make = Callable[[Run[G]], Awaitable[Output]]


def job_kind(kind: Kind[G], make: Make[G], *, max_attempts: int = 3, first_wait_s: float = 2) -> JobKind:
    """Return the kind of job that makes generations with `make`. If a job fails for good, its generation is refunded.

    `first_wait_s` is the delay before the first retry, in seconds.
    """

    async def run(app: App, lease: Lease) -> None:
        started, job = time.perf_counter(), lease.job
        row = await queries.find(app.db, job.shop_id, kind, job.subject_id)
        if row is None:
            raise NotFound("This request no longer exists.")
        attempt = Run(app, kind, row, job.id)
        await attempt.progress(5)
        output = await make(attempt)
        await _complete(attempt, lease, output, int((time.perf_counter() - started) * 1000))

    async def fail(app: App, job: Job, fault: AppError) -> Sequence[Any]:
        row, now = await queries.find(app.db, job.shop_id, kind, job.subject_id), app.clock.now()
        if row is None:
            return []
        failed = queries.fail(job.shop_id, kind, row.id, fault.code, fault.message, now)
        return [failed, *kind.charge.refund(row, now)]

    return JobKind(kind.name, run, fail, max_attempts=max_attempts, first_wait_s=first_wait_s, slots=SLOTS[kind.lane])


async def _complete(run: Run[G], lease: Lease, output: Output, took_ms: int) -> None:
    """Store the files under keys of this attempt, then complete the row in a batch that only one attempt can commit."""
    app, kind, row = run.app, run.kind, run.row
    stored = await media.store(
        app,
        row.shop_id,
        output.files,
        folder=kind.folder,
        subject=row.id,
        attempt=lease.attempt,
        owner=(kind.owner_type, row.id),
        person=row if isinstance(row, ShopperRow) else None,
    )
    now = app.clock.now()
    by_column = {f"{purpose}_asset_id": asset_id for purpose, asset_id in stored.ids.items()}
    assets = {name: asset_id for name, asset_id in by_column.items() if name in kind.table.c}
    values = assets | {"model_used": output.model, "duration_ms": took_ms} | dict(output.values)
    try:
        await app.db.batch(
            *lease.finish(now),
            *stored.rows(now),
            queries.complete(row.shop_id, kind, row.id, values, now),
            *queries.insert_outputs(row.shop_id, kind, row, stored.ids, now),
            *kind.charge.settle(row, output.delivered, now),
            *output.then(stored.ids, now),
        )
    except Refused:
        await stored.discard()
        raise
