"""SQL for fair scheduling: which job runs next, and how many run before a given one. It reads every shop's jobs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import (
    CTE,
    BigInteger,
    ColumnElement,
    ScalarSelect,
    Select,
    and_,
    case,
    cast,
    func,
    literal_column,
    or_,
    select,
    true,
    tuple_,
    union_all,
)

from app.core.ports.database import Database
from app.core.statements import built_once
from app.core.tables import among
from app.jobs.model import Job, Line, Slots, Slotted, place_in_line
from app.jobs.tables import is_abandoned, is_open, is_pending, jobs

TOP = 2**31
"""A number greater than any priority."""
EMPTY: ColumnElement[str] = literal_column("''")
END_OF_TIME: ColumnElement[str] = literal_column("'9999'")
"""A text that sorts after that of any time."""


async def due(db: Database, now: datetime, kinds: Mapping[str, Slotted]) -> Job | None:
    """Return the job of these kinds that should run next: pending and due, or abandoned by a worker that died.

    Among jobs of the highest priority, the shop with the fewest running jobs goes first; among equal shops, the one
    that has waited longest for its turn; and among that shop's jobs, the one that has been due longest. Shops without a
    free slot are skipped.
    """
    below, fairest = TOP, _fairest(tuple((name, kind.slots) for name, kind in kinds.items()))
    while (row := await db.one(fairest(now, below))) and row["top"] is not None:
        if row["id"] is not None:
            return Job(**{name: row[name] for name in Job.__dataclass_fields__})
        below = row["top"]  # no job of this priority can run here
    return None


async def queue_position(db: Database, shop_id: str, kind: str, subject_id: str, now: datetime) -> int:
    """Return how many jobs of all shops start before this subject's pending job; 0 means that it is next.

    Jobs of a higher priority count, and jobs of the same priority whose turn comes first (see `place_in_line`). Running
    jobs do not count, but retries that are not due yet do. Returns 0 if the subject's job is not pending.
    """
    rows = await db.all(_lines(shop_id, f"{kind}:{subject_id}", now))
    return place_in_line(shop_id, [Line(**row) for row in rows])


@cache
def _fairest(kinds: tuple[tuple[str, Slots | None], ...]) -> Callable[[datetime, int], Any]:
    """Return the function that builds the statement for these kinds, cached because every job and poll runs it."""

    @built_once
    def fairest(now: datetime, below: int) -> Any:
        return _fairest_of(kinds, now, below)

    return fairest


def _fairest_of(kinds: tuple[tuple[str, Slots | None], ...], now: datetime, below: int) -> Select[Any]:
    """Select, as `top`, the highest priority under `below` that has jobs, and the next job of it that can run now.

    The statement reads only the first job of each shop and kind, however many are waiting.
    """
    highest = [
        select(func.max(jobs.c.priority).label("priority")).where(some, jobs.c.priority < below)
        for some in (is_pending(jobs), is_abandoned(jobs, now))
    ]
    top = select(func.max(union_all(*highest).subquery().c.priority).label("top")).cte("top")
    priority = select(top.c.top).scalar_subquery()
    left = jobs.alias("left_by_workers")
    heads = _heads(priority)
    candidates = union_all(
        select(heads.c.id), select(left.c.id).where(is_abandoned(left, now), left.c.priority == priority)
    ).subquery("candidates")
    running = _running(now)
    fairest = (
        select(*[jobs.c[name] for name in Job.__dataclass_fields__])
        .select_from(candidates)
        .join(jobs, jobs.c.id == candidates.c.id)
        .outerjoin(running, running.c.shop_id == jobs.c.shop_id)
        .where(or_(jobs.c.status == "running", jobs.c.run_at <= now), _may_run(kinds))
        .order_by(func.coalesce(running.c.running, 0), _last_turn(jobs.c.shop_id), jobs.c.run_at, jobs.c.id)
        .limit(1)
        .subquery("fairest")
    )
    return select(top.c.top, fairest).select_from(top.outerjoin(fairest, true()))


def _heads(priority: ScalarSelect[int]) -> CTE:
    """Select the id of the first pending job of each shop and kind.

    This is a loose index scan: each step seeks the first job after the previous group, because neither SQLite nor
    PostgreSQL skips groups by itself. `|| ''` lets SQLite use the index for the comparison, which it does not do when
    both sides are columns.
    """
    before, behind = jobs.alias("before"), jobs.alias("behind")
    order = ("shop_id", "kind", "run_at", "id")
    first = select(jobs.c.id).where(is_pending(jobs), jobs.c.priority == priority)
    heads = select(first.order_by(*[jobs.c[name] for name in order]).limit(1).scalar_subquery().label("id")).cte(
        "heads", recursive=True
    )
    beyond = tuple_(behind.c.shop_id, behind.c.kind, behind.c.run_at) > tuple_(
        before.c.shop_id.concat(EMPTY), before.c.kind.concat(EMPTY), END_OF_TIME
    )
    # Valid times never need this condition. It prevents an endless loop if run_at holds a text that sorts after them.
    another = or_(behind.c.shop_id != before.c.shop_id, behind.c.kind != before.c.kind)
    following = (
        select(behind.c.id)
        .where(is_pending(behind), behind.c.priority == before.c.priority, beyond, another)
        .order_by(*[behind.c[name] for name in order])
        .limit(1)
        .correlate(before)
        .scalar_subquery()
    )
    return heads.union_all(select(following).select_from(heads.join(before, before.c.id == heads.c.id)))


def _may_run(kinds: tuple[tuple[str, Slots | None], ...]) -> ColumnElement[bool]:
    """Return the condition that a job is of these kinds and has a free slot, if its kind needs one.

    A job that was abandoned by a dead worker still holds its slot.
    """
    without = among(jobs.c.kind, [name for name, slots in kinds if slots is None])
    slotted = [
        and_(jobs.c.kind == name, or_(jobs.c.status == "running", slots.free_slots(jobs.c.shop_id) > 0))
        for name, slots in kinds
        if slots
    ]
    return or_(without, *slotted)


@built_once
def _lines(shop_id: str, dedupe_key: str, now: datetime) -> Any:
    """Select the columns of `Line` for each shop and priority with jobs that may run before this subject's job.

    The statement counts along the index, because it runs whenever a waiting shopper's page polls for progress.
    """
    named = [jobs.c.shop_id == shop_id, jobs.c.dedupe_key == dedupe_key, jobs.c.status == "pending"]
    mine = select(jobs.c.priority, jobs.c.run_at, jobs.c.id).where(*named).cte("mine")
    priority, run_at, mine_id = (select(column).scalar_subquery() for column in mine.c)
    earlier = or_(jobs.c.run_at < run_at, and_(jobs.c.run_at == run_at, jobs.c.id < mine_id))
    parts = [
        select(
            jobs.c.shop_id,
            (literal_column("1") if above else literal_column("0")).label("above"),
            func.count().label("waiting"),
            _sum(case((earlier, 1), else_=0)).label("earlier"),
            func.min(jobs.c.run_at).label("since"),
        )
        .where(some, jobs.c.priority > priority if above else jobs.c.priority == priority)
        .group_by(jobs.c.shop_id)
        for some in (is_pending(jobs), is_abandoned(jobs, now))
        for above in (False, True)
    ]
    part, running = union_all(*parts).subquery("part"), _running(now)
    lines = (
        select(
            part.c.shop_id,
            part.c.above,
            _sum(part.c.waiting).label("waiting"),
            _sum(part.c.earlier).label("earlier"),
            func.min(part.c.since).label("since"),
        )
        .group_by(part.c.shop_id, part.c.above)
        .subquery("lines")
    )
    return select(
        *lines.c, func.coalesce(running.c.running, 0).label("running"), _last_turn(lines.c.shop_id).label("last_turn")
    ).select_from(lines.outerjoin(running, running.c.shop_id == lines.c.shop_id))


def _sum(numbers: ColumnElement[int]) -> ColumnElement[int]:
    """Return a sum as an integer: PostgreSQL's SUM of bigint values is a numeric."""
    return cast(func.sum(numbers), BigInteger)


def _running(now: datetime) -> Any:
    """Select how many jobs of each shop are running, which are those whose lease has not expired."""
    alive = and_(is_open(jobs), jobs.c.status == "running", jobs.c.lease_until > now)
    return select(jobs.c.shop_id, func.count().label("running")).where(alive).group_by(jobs.c.shop_id).subquery("alive")


def _last_turn(shop_id: ColumnElement[str]) -> ColumnElement[str]:
    """Return when a job of the shop was last leased, as a `lease_order` text; empty if none ever was."""
    taken = jobs.alias("taken")
    last = select(func.max(taken.c.lease_order)).where(taken.c.shop_id == shop_id)
    return func.coalesce(last.scalar_subquery(), EMPTY)
