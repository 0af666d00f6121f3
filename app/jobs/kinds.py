"""Kinds of job (what runs them, and how often they are attempted), and the lease under which a worker runs a job."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from app.core.app import App
from app.core.errors import AppError
from app.jobs.model import Job, Slots
from app.jobs.queries import rows


@dataclass(frozen=True)
class JobKind:
    """A kind of job: the function that runs it, its retry policy, and what else changes when it fails for good.

    `run` must end with a batch that contains `*lease.finish()`. `on_failure` returns statements that update the job's
    subject; the runner adds them to the batch that ends the job. `background`: no one is watching; interactive jobs
    run first. A `heavy` job is left to render workers if the deployment accepts them. `max_attempts` counts the first
    attempt, and `first_wait_s` is the delay before the first retry, in seconds.
    """

    name: str
    run: Callable[[App, Lease], Awaitable[None]]
    on_failure: Callable[[App, Job, AppError], Awaitable[Sequence[Any]]]
    max_attempts: int = 8
    first_wait_s: float = 5
    slots: Slots | None = None
    background: bool = False
    heavy: bool = False

    def runs_here(self, app: App) -> bool:
        return not self.heavy or app.settings.jobs_key is None

    def wait_after(self, attempt: int, jitter: float) -> timedelta:
        """Return the delay before the next attempt: it doubles with each attempt, up to one hour.

        `jitter` (0 to 1) spreads the retries over the second half of that time.
        """
        seconds = min(self.first_wait_s * 2 ** (attempt - 1), 3600.0)
        return timedelta(seconds=seconds * (0.5 + jitter / 2))


Kinds = Mapping[str, JobKind]


def runnable_here(app: App, kinds: Kinds) -> Kinds:
    """Return the kinds of job that this deployment runs itself."""
    return {name: kind for name, kind in kinds.items() if kind.runs_here(app)}


@dataclass(frozen=True)
class Lease:
    """The exclusive right to run one job, until the job ends or the lease expires."""

    job: Job
    token: str
    kind: JobKind = field(repr=False)

    @property
    def attempt(self) -> str:
        """The part of object keys that distinguishes this attempt's files from those of other attempts."""
        return self.token[:12]

    @property
    def held(self) -> bool:
        """Whether this lease held the job when the job was read."""
        return self.job.status == "running" and self.job.lease_token == self.token

    def finish(self, at: datetime) -> list[Any]:
        """Return statements that complete the job.

        They are refused with `lease_lost` if another worker has the job, or if it was cancelled.
        """
        return [rows.end(self.job.shop_id, self.job.id, self.token, "done", None, at), *self.free()]

    def release(self, at: datetime) -> list[Any]:
        """Return statements that make the job due at once, without counting this attempt.

        They are refused with `lease_lost`.
        """
        return [rows.release(self.job.id, self.token, at), *self.free()]

    def park(self, reason: str, at: datetime) -> list[Any]:
        """Return statements that stop the job until it is revived for the same reason; refused with `lease_lost`."""
        return [rows.end(self.job.shop_id, self.job.id, self.token, "cancelled", reason, at), *self.free()]

    def free(self) -> list[Any]:
        return [self.kind.slots.free(self.job.shop_id)] if self.kind.slots else []
