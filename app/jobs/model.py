"""What a job is, who may run it, and when it is tried again."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol

from app.core.app import App
from app.core.errors import AppError
from app.core.ids import new_id
from app.core.ports import Expect


@dataclass(frozen=True)
class Job:
    id: str
    shop_id: str
    kind: str
    subject_id: str
    dedupe_key: str
    run_at: datetime
    status: str = "pending"
    priority: int = 0
    attempts: int = 0
    payload: dict[str, Any] | None = None
    lease_token: str | None = None
    lease_until: datetime | None = None
    last_error: str | None = None
    progress: int = 0


class Slots(Protocol):
    """A counter that limits how many jobs of a shop run at once."""

    def take(self, shop_id: str) -> Expect: ...

    def free(self, shop_id: str) -> Any: ...


@dataclass(frozen=True)
class JobKind:
    """What runs a kind of job, how often it is tried, and what else changes when it is given up.

    `run` must end with a batch that holds `*lease.finish()`. `give_up` returns the statements that
    tell the subject; the runner adds them to the batch that ends the job. Nobody waits before a screen for a
    `patient` one.
    """

    name: str
    run: Callable[[App, Lease], Awaitable[None]]
    give_up: Callable[[App, Job, AppError], Awaitable[Sequence[Any]]]
    max_attempts: int = 8
    first_wait_s: float = 5
    slots: Slots | None = None
    patient: bool = False

    def wait_after(self, attempt: int, jitter: float) -> timedelta:
        """Doubling, at most an hour; `jitter` (0 to 1) spreads retries over the second half."""
        seconds = min(self.first_wait_s * 2 ** (attempt - 1), 3600.0)
        return timedelta(seconds=seconds * (0.5 + jitter / 2))


@dataclass(frozen=True)
class Lease:
    """The right to run one job, until it ends or is lost."""

    job: Job
    token: str
    kind: JobKind = field(repr=False)

    def finish(self, at: datetime) -> list[Any]:
        """Statements that end the job; refused with `lease_lost` when somebody else has it, or it was cancelled."""
        from app.jobs import queries

        return [queries.end(self.job.shop_id, self.job.id, self.token, "done", None, at), *self.free()]

    def free(self) -> list[Any]:
        return [self.kind.slots.free(self.job.shop_id)] if self.kind.slots else []


def new(
    kind: str,
    shop_id: str,
    subject_id: str,
    *,
    at: datetime,
    dedupe_key: str | None = None,
    priority: int = 0,
    payload: dict[str, Any] | None = None,
) -> Job:
    """A job that is due at once; jobs of the same `dedupe_key` exist once."""
    return Job(
        id=new_id(),
        shop_id=shop_id,
        kind=kind,
        subject_id=subject_id,
        dedupe_key=dedupe_key or f"{kind}:{subject_id}",
        run_at=at,
        priority=priority,
        payload=payload,
    )
