"""What a job is, and when its turn comes."""

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
    """What became of an attempt to run a job: it ran, with or without success, or why it did not."""

    RAN = "ran"
    NOT_DUE = "not_due"
    SLOTS_FULL = "slots_full"
    UNKNOWN_KIND = "unknown_kind"
    LEFT_TO_RENDER_WORKERS = "left_to_render_workers"


class Slots(Protocol):
    """A counter that limits how many jobs of a shop's lane run at once, whatever their kinds."""

    @property
    def lane(self) -> str: ...

    def take(self, shop_id: str) -> Expect: ...

    def free(self, shop_id: str) -> Any: ...

    def room(self, shop_id: Any) -> Any:
        """An expression for other statements: how many more may run. `shop_id` may be a column of theirs."""


class Slotted(Protocol):
    """A kind of job as the line sees it: its shops' slots are all that counts."""

    @property
    def slots(self) -> Slots | None: ...


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
