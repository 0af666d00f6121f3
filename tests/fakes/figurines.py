"""A second heavy kind, in small: a figurine of a photo, as a model and a picture of it. Both are files of text here."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from app import jobs, media
from app.core.app import App
from app.core.errors import AppError, Refused
from app.core.pictures import Picture
from app.jobs import Job, Lease, Slots
from app.render_workers import HeavyKind, Input, Made, Output, Render, Tools, heavy_kind

KIND, FOLDER = "test.figurine", "figurines"


@dataclass(frozen=True)
class Spec:
    """How tall the figurine is, in millimetres."""

    subject: str
    height_mm: int = 80


@dataclass(frozen=True)
class Report:
    triangles: int
    by: str = "hand"


@dataclass(frozen=True)
class Figurine:
    spec: Spec
    photo: Input

    @property
    def inputs(self) -> dict[str, Input]:
        return {"photo": self.photo}

    @property
    def outputs(self) -> dict[str, Output]:
        return {"model": Output("model/stl", 1000), "turntable": Output("image/png", 1000)}


async def _at_once() -> None:
    """Nothing to wait for."""


@dataclass
class Figurines:
    """`finished` are those that are there, `begun` and `given_up` what happened to the others, by subject.

    `slots` limit how many a shop may have made at once.
    """

    name: str = KIND
    finished: set[str] = field(default_factory=set)
    begun: list[str] = field(default_factory=list)
    given_up: dict[str, str] = field(default_factory=dict)
    reports: list[Report] = field(default_factory=list)
    slots: Slots | None = None
    before_recording: Callable[[], Awaitable[Any]] = field(default=_at_once)

    @property
    def kind(self) -> HeavyKind:
        render = Render(
            folder=FOLDER,
            spec=Spec,
            report=Report,
            task=self._task,
            begin=self._begin,
            is_as_ordered=self._is_as_ordered,
            record=self._record,
            is_sensible=lambda spec: 0 < spec.height_mm < 1000,
            make=_make,
            describe=lambda spec: f"modelling {spec.subject}",
        )
        return heavy_kind(self.name, render, self._give_up, max_attempts=3, slots=self.slots)

    async def _task(self, app: App, lease: Lease) -> Figurine | None:
        job = lease.job
        photo = Input(photo_key(job.shop_id, job.subject_id), "photo_missing", "The photo is gone.")
        return None if job.subject_id in self.finished else Figurine(Spec(job.subject_id), photo)

    async def _begin(self, app: App, task: Figurine) -> None:
        self.begun.append(task.spec.subject)

    async def _is_as_ordered(self, app: App, task: Figurine, name: str, key: str) -> bool:
        return (await app.files.get(key)).startswith(name.encode())

    async def _record(
        self,
        app: App,
        lease: Lease,
        task: Figurine,
        files: Mapping[str, Picture | media.File | media.ArrivedFile],
        report: Report,
        started: datetime,
    ) -> None:
        job, now = lease.job, app.clock.now()
        stored = await media.store(
            app,
            job.shop_id,
            files,
            folder=FOLDER,
            subject=job.subject_id,
            attempt=lease.attempt,
            owner=("figurine", job.subject_id),
            person=None,
        )
        await self.before_recording()
        try:
            await app.db.batch(*lease.finish(now), *stored.rows(now))
        except Refused:
            await stored.discard()
            raise
        self.finished.add(job.subject_id)
        self.reports.append(report)

    async def _give_up(self, app: App, job: Job, fault: AppError) -> Sequence[Any]:
        self.given_up[job.subject_id] = fault.code
        return []


async def ordered_figurine(app: App, shop_id: str, subject: str, *, kind: str = KIND, lane: str | None = None) -> Job:
    """A job for a figurine of a photo that lies in storage."""
    await app.files.put(photo_key(shop_id, subject), b"a photo", "image/jpeg")
    job = jobs.new(kind, shop_id, subject, at=app.clock.now(), lane=lane)
    await app.db.batch(jobs.insert(job, app.clock.now()))
    return job


def photo_key(shop_id: str, subject: str) -> str:
    return f"{shop_id}/uploads/{subject}/photo_1.jpg"


async def _make(tools: Tools, inputs: Mapping[str, bytes], spec: Spec) -> Made[Report]:
    files = {
        "model": media.File(b"model of " + inputs["photo"], "model/stl"),
        "turntable": media.File(b"turntable of " + inputs["photo"], "image/png", 64, 64),
    }
    return Made(files, Report(12), "12 triangles")
