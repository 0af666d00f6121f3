"""A render worker holds a slot of its job's lane, and whatever releases the slot wakes the next job of the lane."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from sqlalchemy import update

from app import jobs, media, render_workers
from app.core.app import App
from app.core.errors import Conflict, Unavailable, Unprocessable
from app.jobs import Job, Kinds
from app.quotas import SLOTS, Lane
from app.quotas.tables import quotas
from app.render_workers import CompletedRender, CompletedUpload, LeasedTask
from tests.apps import SHOP, clock_of, close, make_app, open_shop
from tests.fakes.figurines import FOLDER, KIND, Figurines, ordered_figurine
from tests.fakes.ports import NotingQueue

pytestmark = pytest.mark.anyio
FILES = {"model": "model/stl", "turntable": "image/png"}


@dataclass
class Workshop:
    """A shop that may have one figurine made at a time, and a queue of two."""

    app: App
    queue: NotingQueue
    figurines: Figurines
    first: Job
    second: Job

    @property
    def kinds(self) -> Kinds:
        return {KIND: self.figurines.kind}

    async def lease(self) -> LeasedTask:
        task = await render_workers.lease(self.app, self.kinds, [KIND])
        assert task is not None
        return task

    async def completed(self, task: LeasedTask) -> CompletedRender:
        """The report of a worker that has sent both files."""
        uploads = {}
        for name, mime in FILES.items():
            key = media.object_key(SHOP, FOLDER, self.first.subject_id, name, task.token[:12], mime)
            await self.app.files.put(key, name.encode(), mime)
            uploads[name] = CompletedUpload(len(name), hashlib.sha256(name.encode()).hexdigest())
        return CompletedRender(uploads, 1200, {"triangles": 7})


@pytest.fixture
async def workshop(tmp_path: Path) -> AsyncIterator[Workshop]:
    made, queue = make_app(tmp_path, {"JOBS_KEY": "A" * 43 + "="}), NotingQueue()
    app = replace(made, queue=queue)
    await open_shop(app)
    await app.db.batch(update(quotas).values(max_concurrent=1))
    first, second = [await ordered_figurine(app, SHOP, name, lane=Lane.SHOPPER.value) for name in ("cat", "dog")]
    yield Workshop(app, queue, Figurines(slots=SLOTS[Lane.SHOPPER]), first, second)
    await close(made)


async def finish(workshop: Workshop, task: LeasedTask) -> None:
    completed = await workshop.completed(task)
    await render_workers.finish(workshop.app, workshop.kinds, task.job_id, task.token, completed)


async def fail(workshop: Workshop, task: LeasedTask) -> None:
    await render_workers.fail(workshop.app, workshop.kinds, task.job_id, task.token, Unprocessable())


async def postpone(workshop: Workshop, task: LeasedTask) -> None:
    await render_workers.fail(workshop.app, workshop.kinds, task.job_id, task.token, Unavailable())


async def lose(workshop: Workshop, task: LeasedTask) -> None:
    """Finish what is no longer wanted."""
    workshop.figurines.finished.add("cat")
    completed = await workshop.completed(task)
    with pytest.raises(Conflict):
        await render_workers.finish(workshop.app, workshop.kinds, task.job_id, task.token, completed)


@pytest.mark.parametrize("end", [finish, fail, postpone, lose])
async def test_what_ends_a_workers_job_wakes_the_next_of_its_lane(
    workshop: Workshop, end: Callable[[Workshop, LeasedTask], Awaitable[None]]
) -> None:
    task = await workshop.lease()
    assert task.job_id == workshop.first.id
    assert await render_workers.lease(workshop.app, workshop.kinds, [KIND]) is None, "its slot is taken"
    assert workshop.queue.woken == []
    await end(workshop, task)
    assert workshop.queue.woken == [workshop.second.id]
    assert (await workshop.lease()).job_id == workshop.second.id


async def test_a_job_that_a_worker_releases_is_the_next_of_its_lane(workshop: Workshop) -> None:
    task = await workshop.lease()
    await render_workers.release(workshop.app, workshop.kinds, task.job_id, task.token)
    assert workshop.queue.woken == [workshop.first.id]


async def test_a_job_that_is_done_already_wakes_the_next_when_a_worker_leases_it(workshop: Workshop) -> None:
    workshop.figurines.finished |= {"cat", "dog"}
    assert await render_workers.lease(workshop.app, workshop.kinds, [KIND]) is None
    assert workshop.queue.woken == [workshop.second.id]


async def test_a_job_whose_worker_died_in_each_attempt_wakes_the_next_of_its_lane(workshop: Workshop) -> None:
    for _ in range(workshop.kinds[KIND].max_attempts):
        await workshop.lease()
        clock_of(workshop.app).move(seconds=workshop.app.settings.job_lease_s)
    assert (await workshop.lease()).job_id == workshop.second.id
    dead = await jobs.job(workshop.app.db, workshop.first.id)
    assert dead is not None
    assert dead.status == "dead"
    assert workshop.queue.woken == [workshop.second.id]
