"""Jobs as values, and the calculation of a job's position in the queue."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol

from app.core.ids import new_id
from app.core.ports.database import Expect

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


class Outcome(StrEnum):
    """The result of trying to run a job: RAN, whether or not it succeeded, or the reason why it did not run."""

    RAN = "ran"
    NOT_DUE = "not_due"
    SLOTS_FULL = "slots_full"
    UNKNOWN_KIND = "unknown_kind"
    LEFT_TO_RENDER_WORKERS = "left_to_render_workers"


class Slots(Protocol):
    """A counter that limits how many jobs in a shop's lane run concurrently, regardless of their kinds."""

    @property
    def lane(self) -> str: ...

    def take(self, shop_id: str) -> Expect: ...

    def free(self, shop_id: str) -> Any: ...

    def free_slots(self, shop_id: Any) -> Any:
        """Return an SQL expression for the number of free slots. `shop_id` may be a column of the outer statement."""


class Slotted(Protocol):
    """The only property of a kind of job that scheduling needs: the slots that limit it, if any."""

    @property
    def slots(self) -> Slots | None: ...


@dataclass(frozen=True)
class Line:
    """A shop's waiting jobs at one priority level, in relation to one job whose queue position is calculated.

    `above` is true if their priority is higher than that job's. `waiting` is how many there are, `earlier` how many of
    them became due before that job, and `since` when the first became due. `running` is how many of the shop's jobs are
    running. `last_turn` is when one was last leased, as text that sorts by time, or empty if none ever was.
    """

    shop_id: str
    above: bool
    waiting: int
    earlier: int
    since: datetime
    running: int
    last_turn: str


def place_in_line(shop_id: str, lines: Sequence[Line]) -> int:
    """Return how many jobs start before the job of this shop for which `lines` were read.

    All jobs of a higher priority start first, and so do the shop's own earlier jobs. Every other shop gets as many
    turns as there are such earlier jobs, and one more if it has waited longer for its turn. Because the shop with the
    fewest running jobs goes first, the others may also get a turn for each of this shop's running jobs; it is not known
    how soon those end.

    The result is therefore an upper bound as long as no jobs are added and jobs of one priority take equally long. A
    result of 0 is exact. The result never grows because a job starts or ends.
    """
    mine = next((line for line in lines if line.shop_id == shop_id and not line.above), None)
    if mine is None:
        return 0
    ahead = mine.earlier
    for line in lines:
        if line.above:
            ahead += line.waiting
        elif line is not mine:
            waited_longer = (line.last_turn, line.since) <= (mine.last_turn, mine.since)
            ahead += min(line.waiting, mine.earlier + max(mine.running, int(waited_longer)))
    return ahead


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
    """Return a job that is due at once. Only one job with a given `dedupe_key` is ever inserted.

    `lane` is the lane of the kind's slots, if the kind has slots.
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
