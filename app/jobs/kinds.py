"""Kinds of job: what runs them and how often they are tried; and the lease by which one job is run."""

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
    """What runs a kind of job, how often it is tried, and what else changes when it is given up.

    `run` must end with a batch that holds `*lease.finish()`. `on_failure` returns the statements that
    tell the subject; the runner adds them to the batch that ends the job. Nobody waits before a screen for a
    `background` one. A `heavy` one is left to render workers where they are let in.
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
        """Doubling, at most an hour; `jitter` (0 to 1) spreads retries over the second half."""
        seconds = min(self.first_wait_s * 2 ** (attempt - 1), 3600.0)
        return timedelta(seconds=seconds * (0.5 + jitter / 2))


Kinds = Mapping[str, JobKind]


def here(app: App, kinds: Kinds) -> Kinds:
    """The kinds that this deployment runs itself."""
    return {name: kind for name, kind in kinds.items() if kind.runs_here(app)}


@dataclass(frozen=True)
class Lease:
    """The right to run one job, until it ends or is lost."""

    job: Job
    token: str
    kind: JobKind = field(repr=False)

    @property
    def attempt(self) -> str:
        """What tells this attempt's files from those of others, in their keys."""
        return self.token[:12]

    @property
    def held(self) -> bool:
        """Whether the job, as it was read, is this lease's."""
        return self.job.status == "running" and self.job.lease_token == self.token

    def finish(self, at: datetime) -> list[Any]:
        """Statements that end the job; refused with `lease_lost` when somebody else has it, or it was cancelled."""
        return [rows.end(self.job.shop_id, self.job.id, self.token, "done", None, at), *self.free()]

    def release(self, at: datetime) -> list[Any]:
        """Statements that give the job back, due at once and as if it had not been tried; refused with `lease_lost`."""
        return [rows.release(self.job.id, self.token, at), *self.free()]

    def park(self, reason: str, at: datetime) -> list[Any]:
        """Statements that stop the job until it is revived for the same reason; refused with `lease_lost`."""
        return [rows.end(self.job.shop_id, self.job.id, self.token, "cancelled", reason, at), *self.free()]

    def free(self) -> list[Any]:
        return [self.kind.slots.free(self.job.shop_id)] if self.kind.slots else []
