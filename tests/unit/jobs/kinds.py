"""A kind of job for tests: it does what it is told, and notes what happened."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from app import jobs, quotas
from app.core.app import App
from app.core.errors import AppError
from app.jobs import Job, JobKind, Lease, Slots

KIND = "test.work"
SLOTS = quotas.SLOTS[quotas.Lane.SHOPPER]


class Killed(BaseException):
    """A worker's process is gone at once: nothing after this runs."""


async def finish(app: App, lease: Lease) -> None:
    await app.db.batch(*lease.finish(app.clock.now()))


@dataclass
class Work:
    """`do` is the job; `runs` are the jobs as they were leased, `given_up` the codes of what was given up."""

    do: Callable[[App, Lease], Awaitable[None]] = finish
    slots: Slots | None = None
    max_attempts: int = 3
    runs: list[Job] = field(default_factory=list)
    given_up: list[str] = field(default_factory=list)

    @property
    def kinds(self) -> dict[str, JobKind]:
        kind = JobKind(KIND, self._run, self._give_up, self.max_attempts, first_wait_s=8, slots=self.slots)
        return {KIND: kind}

    async def _run(self, app: App, lease: Lease) -> None:
        self.runs.append(lease.job)
        await self.do(app, lease)

    async def _give_up(self, app: App, job: Job, fault: AppError) -> Sequence[Any]:
        self.given_up.append(fault.code)
        return []


async def queued(app: App, subject: str = "s", shop_id: str = "a", *, priority: int = 0) -> Job:
    """A job in the database, due now."""
    now = app.clock.now()
    job = jobs.new(KIND, shop_id, subject, at=now, priority=priority, lane=quotas.Lane.SHOPPER.value)
    await app.db.batch(jobs.insert(job, now))
    return job


async def found(app: App, job: Job) -> Job:
    """The job as it lies in the database."""
    row = await jobs.job(app.db, job.id)
    assert row is not None
    return row
