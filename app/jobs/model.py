"""What a job is, who may run it, and when it is tried again."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol

from app.core.app import App
from app.core.errors import AppError
from app.core.ids import new_id
from app.core.ports import Expect, UploadTicket
from app.jobs.work import Delivery, Parcel, PrintTask

OPEN = ("pending", "running")
"""The states of a job that has not ended."""


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
    lane: str | None = None


class Slots(Protocol):
    """A counter that limits how many jobs of a shop's lane run at once, whatever their kinds."""

    @property
    def lane(self) -> str: ...

    def take(self, shop_id: str) -> Expect: ...

    def free(self, shop_id: str) -> Any: ...

    def room(self, shop_id: Any) -> Any:
        """An expression for other statements: how many more may run. `shop_id` may be a column of theirs."""


@dataclass(frozen=True)
class Remote:
    """How a print worker, a machine without database or storage, does a kind of job.

    `order` says what to print, or ends the job and gives None; `ticket` is for the file of one attempt; `record`
    checks the file that has arrived and ends the job, and a second time changes nothing; `discard` removes the file
    of an attempt that did not win.
    """

    order: Callable[[App, Lease], Awaitable[PrintTask | None]]
    ticket: Callable[[App, Lease, Parcel], Awaitable[UploadTicket]]
    record: Callable[[App, Lease, Delivery], Awaitable[None]]
    discard: Callable[[App, Lease], Awaitable[None]]


@dataclass(frozen=True)
class JobKind:
    """What runs a kind of job, how often it is tried, and what else changes when it is given up.

    `run` must end with a batch that holds `*lease.finish()`. `give_up` returns the statements that
    tell the subject; the runner adds them to the batch that ends the job. Nobody waits before a screen for a
    `patient` one. One with `remote` is left to print workers where they are let in.
    """

    name: str
    run: Callable[[App, Lease], Awaitable[None]]
    give_up: Callable[[App, Job, AppError], Awaitable[Sequence[Any]]]
    max_attempts: int = 8
    first_wait_s: float = 5
    slots: Slots | None = None
    patient: bool = False
    remote: Remote | None = None

    def runs_here(self, app: App) -> bool:
        return self.remote is None or app.settings.jobs_key is None

    def wait_after(self, attempt: int, jitter: float) -> timedelta:
        """Doubling, at most an hour; `jitter` (0 to 1) spreads retries over the second half."""
        seconds = min(self.first_wait_s * 2 ** (attempt - 1), 3600.0)
        return timedelta(seconds=seconds * (0.5 + jitter / 2))


Kinds = Mapping[str, JobKind]


def here(app: App, kinds: Kinds) -> Kinds:
    """The kinds that this deployment runs itself."""
    return {name: kind for name, kind in kinds.items() if kind.runs_here(app)}


@dataclass(frozen=True)
class Line:
    """A shop's jobs that wait in one priority, as one waiting job sees them.

    `above`: their priority is higher than its own. `waiting`: how many there are; `earlier`: how many of them have been
    due for longer than it; `since`: when the first became due. `running`: how many jobs of the shop run; `last_turn`:
    when one was last leased, as text that sorts by time, empty for never.
    """

    shop_id: str
    above: bool
    waiting: int
    earlier: int
    since: datetime
    running: int
    last_turn: str


def place_in_line(shop_id: str, lines: Sequence[Line]) -> int:
    """How many jobs start before the one of this shop from which `lines` are seen.

    All jobs of a higher priority do, and the earlier ones of its own shop. Every other shop has as many turns as there
    are earlier ones, and one more when it has waited longer for its turn. The shop with the fewest running comes first,
    so that others may also have a turn for each running job of this shop; how soon those end is not known.

    So the number is an upper bound as long as nothing is added and jobs of one priority take equally long, and 0 is
    exact. Jobs that start or end never make it grow.
    """
    mine = next((line for line in lines if line.shop_id == shop_id and not line.above), None)
    if mine is None:
        return 0
    ahead = mine.earlier
    for line in lines:
        if line.above:
            ahead += line.waiting
        elif line is not mine:
            longer = (line.last_turn, line.since) <= (mine.last_turn, mine.since)
            ahead += min(line.waiting, mine.earlier + max(mine.running, int(longer)))
    return ahead


@dataclass(frozen=True)
class Lease:
    """The right to run one job, until it ends or is lost."""

    job: Job
    token: str
    kind: JobKind = field(repr=False)

    @property
    def held(self) -> bool:
        """Whether the job, as it was read, is this lease's."""
        return self.job.status == "running" and self.job.lease_token == self.token

    def finish(self, at: datetime) -> list[Any]:
        """Statements that end the job; refused with `lease_lost` when somebody else has it, or it was cancelled."""
        from app.jobs import queries

        return [queries.end(self.job.shop_id, self.job.id, self.token, "done", None, at), *self.free()]

    def release(self, at: datetime) -> list[Any]:
        """Statements that give the job back, due at once and as if it had not been tried; refused with `lease_lost`."""
        from app.jobs import queries

        return [queries.release(self.job.id, self.token, at), *self.free()]

    def park(self, reason: str, at: datetime) -> list[Any]:
        """Statements that stop the job until it is revived for the same reason; refused with `lease_lost`."""
        from app.jobs import queries

        return [queries.end(self.job.shop_id, self.job.id, self.token, "cancelled", reason, at), *self.free()]

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
    lane: str | None = None,
) -> Job:
    """A job that is due at once; jobs of the same `dedupe_key` exist once.

    `lane` is that of its kind's slots, where the kind has slots.
    """
    return Job(
        id=new_id(),
        shop_id=shop_id,
        kind=kind,
        subject_id=subject_id,
        dedupe_key=dedupe_key or f"{kind}:{subject_id}",
        run_at=at,
        priority=priority,
        payload=payload,
        lane=lane,
    )
