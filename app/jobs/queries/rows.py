"""SQL that inserts, leases, ends and counts jobs."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_, select, update

from app.core.ids import first_id, new_id
from app.core.ports.database import Database, Expect
from app.core.statements import built_once
from app.core.tables import among, typed, unindexed, upsert
from app.jobs.model import OPEN, Job
from app.jobs.tables import is_abandoned, is_given_up, is_pending, jobs
from app.jobs.tables import is_open as is_open_now

COLUMNS = [jobs.c[name] for name in Job.__dataclass_fields__]


async def job(db: Database, job_id: str) -> Job | None:
    row = await db.one(_job_row(job_id))
    return Job(**row) if row else None


@built_once
def _job_row(job_id: str) -> Any:
    return select(*COLUMNS).where(jobs.c.id == job_id)


async def jobs_by_status(db: Database, statuses: Sequence[str], limit: int) -> list[Job]:
    rows = await db.all(
        select(*COLUMNS).where(among(jobs.c.status, statuses)).order_by(jobs.c.created_at.desc()).limit(limit)
    )
    return [Job(**row) for row in rows]


async def open_by_kind(db: Database) -> dict[tuple[str, ...], int]:
    """Return how many jobs are open, by kind and status."""
    return await _by_kind(db, is_open_now(jobs))


async def failed_by_kind(db: Database, since: datetime) -> dict[tuple[str, ...], int]:
    """Return how many of the jobs created since then have failed for good, by kind and status."""
    return await _by_kind(db, and_(unindexed(jobs.c.id) >= first_id(since), is_given_up(jobs)))


async def oldest_due(db: Database, now: datetime) -> datetime | None:
    """Return when the job that has waited longest became due; None if none is waiting."""
    row = await db.one(_oldest_due(now))
    return row["run_at"] if row else None


@built_once
def _oldest_due(now: datetime) -> Any:
    return select(jobs.c.run_at).where(is_pending(jobs), jobs.c.run_at <= now).order_by(jobs.c.run_at).limit(1)


async def waiting_by_kind(db: Database, kinds: Collection[str], since: datetime) -> dict[str, int]:
    """Return how many jobs due before `since` still wait, by kind, without kinds of which a job was leased since."""
    due = select(jobs.c.kind, func.count().label("count")).where(
        is_pending(jobs), jobs.c.run_at <= since, among(jobs.c.kind, kinds)
    )
    waiting = {row["kind"]: int(row["count"]) for row in await db.all(due.group_by(jobs.c.kind))}
    if not waiting:  # the next query reads every job of the last month, so skip it when possible
        return {}
    leased = select(jobs.c.kind).where(jobs.c.lease_order >= first_id(since), among(jobs.c.kind, waiting)).distinct()
    attended = {row["kind"] for row in await db.all(leased)}
    return {kind: count for kind, count in waiting.items() if kind not in attended}


async def in_line(
    db: Database, shop_id: str, lane: str, free_slots: ColumnElement[int], now: datetime, limit: int
) -> list[str]:
    """Return the ids of the next pending jobs in this lane, no more than there are free slots, most urgent first."""
    rows = await db.all(_in_line(shop_id, lane, free_slots, now, limit))
    return [str(row["id"]) for row in rows[: rows[0]["free_slots"] if rows else 0]]


@built_once
def _in_line(shop_id: str, lane: str, free_slots: ColumnElement[int], now: datetime, limit: int) -> Any:
    waiting = [jobs.c.shop_id == shop_id, jobs.c.lane == lane, jobs.c.status == "pending", jobs.c.run_at <= now]
    return (
        select(jobs.c.id, free_slots.label("free_slots"))
        .where(*waiting, free_slots > 0)
        .order_by(jobs.c.priority.desc(), jobs.c.run_at, jobs.c.id)
        .limit(limit)
    )


@built_once
def insert(job: Job, at: datetime) -> Any:
    """Insert a job, unless one with the same dedupe key exists."""
    return _row(job, at).on_conflict_do_nothing(index_elements=["dedupe_key"])


@built_once
def requeue(job: Job, at: datetime) -> Any:
    """Insert a job; if its dedupe key exists and that job ended without success, restart it.

    Returns the id of the job to wake, if any.
    """
    return (
        _row(job, at)
        .on_conflict_do_update(
            index_elements=["dedupe_key"],
            set_={"status": "pending", "run_at": at, "attempts": 0, "last_error": None, "updated_at": at},
            where=jobs.c.status.in_(["failed", "dead", "cancelled"]),
        )
        .returning(jobs.c.id)
    )


@built_once
def start(job: Job, at: datetime, condition: ColumnElement[bool]) -> Any:
    """Insert a job if a condition holds, and return the id of the job to wake, if any.

    If a job with the same dedupe key has ended, that job restarts with the new values.
    """
    row = _values(job, at)
    values = [typed(value, jobs.c[name].type) for name, value in row.items()]
    new = upsert(jobs).from_select(list(row), select(*values).where(condition))
    restarted = {"status": "pending", "attempts": 0, "last_error": None, "lease_token": None, "lease_until": None}
    changes = {name: new.excluded[name] for name in row if name not in ("id", "dedupe_key", "created_at")}
    return new.on_conflict_do_update(
        index_elements=["dedupe_key"], set_={**changes, **restarted}, where=jobs.c.status.not_in(OPEN)
    ).returning(jobs.c.id)


def lease(job: Job, token: str, now: datetime, seconds: int) -> Expect:
    """Lease a job if it is unchanged since it was read; refused with `not_due` if another worker was faster."""
    return _lease(job.shop_id, job.id, job.status, job.attempts, token, now + timedelta(seconds=seconds), new_id(), now)


@built_once
def _lease(
    shop_id: str, job_id: str, status: str, attempts: int, token: str, until: datetime, order: str, now: datetime
) -> Expect:
    as_read = and_(jobs.c.status == status, jobs.c.attempts == attempts, _runnable(now))
    return Expect(
        update(jobs)
        .where(jobs.c.shop_id == shop_id, jobs.c.id == job_id, as_read)
        .values(
            status="running",
            attempts=jobs.c.attempts + 1,
            lease_token=token,
            lease_until=until,
            lease_order=order,
            updated_at=now,
        ),
        "not_due",
    )


@built_once
def mark_woken(now: datetime, woken_before: datetime, kinds: Collection[str], limit: int) -> Any:
    """Mark runnable jobs of these kinds whose last wake-up is old as woken, the oldest first; return their ids."""
    old = or_(jobs.c.woken_at.is_(None), jobs.c.woken_at <= woken_before)
    stale = (
        select(jobs.c.id).where(_runnable(now), among(jobs.c.kind, kinds), old).order_by(jobs.c.woken_at).limit(limit)
    )
    return update(jobs).where(jobs.c.id.in_(stale)).values(woken_at=now).returning(jobs.c.id)


@built_once
def extend(job_id: str, token: str, until: datetime) -> Expect:
    return Expect(update(jobs).where(_held(job_id, token)).values(lease_until=until), "lease_lost")


@built_once
def end(shop_id: str, job_id: str, token: str, status: str, error: str | None, at: datetime) -> Expect:
    return Expect(
        update(jobs)
        .where(jobs.c.shop_id == shop_id, _held(job_id, token))
        .values(status=status, last_error=error, lease_token=None, lease_until=None, updated_at=at),
        "lease_lost",
    )


@built_once
def postpone(job_id: str, token: str, run_at: datetime, error: str, at: datetime) -> Expect:
    return Expect(
        update(jobs)
        .where(_held(job_id, token))
        .values(status="pending", run_at=run_at, last_error=error, lease_token=None, lease_until=None, updated_at=at),
        "lease_lost",
    )


@built_once
def release(job_id: str, token: str, at: datetime) -> Expect:
    """Return a job to its state before the lease: it is due at once, and this attempt is not counted."""
    return Expect(
        update(jobs)
        .where(_held(job_id, token))
        .values(status="pending", attempts=jobs.c.attempts - 1, lease_token=None, lease_until=None, updated_at=at),
        "lease_lost",
    )


@built_once
def cancel(shop_id: str, dedupe_key: str, at: datetime) -> Any:
    return (
        update(jobs)
        .where(jobs.c.shop_id == shop_id, jobs.c.dedupe_key == dedupe_key, jobs.c.status.in_(OPEN))
        .values(status="cancelled", lease_token=None, lease_until=None, updated_at=at)
    )


@built_once
def park(shop_id: str, reason: str, condition: ColumnElement[bool], at: datetime) -> Any:
    """Cancel a shop's open jobs that meet a condition, until they are revived for the same reason."""
    return (
        update(jobs)
        .where(jobs.c.shop_id == shop_id, jobs.c.status.in_(OPEN), condition)
        .values(status="cancelled", last_error=reason, lease_token=None, lease_until=None, updated_at=at)
    )


@built_once
def revive(shop_id: str, reasons: Collection[str], at: datetime) -> Any:
    """Restart jobs that ended for one of these reasons; return their ids."""
    return (
        update(jobs)
        .where(
            jobs.c.shop_id == shop_id,
            jobs.c.status.in_(["failed", "dead", "cancelled"]),
            among(jobs.c.last_error, reasons),
        )
        .values(status="pending", run_at=at, woken_at=at, attempts=0, last_error=None, updated_at=at)
        .returning(jobs.c.id)
    )


@built_once
def is_open(shop_id: str, dedupe_key: str) -> ColumnElement[bool]:
    """Return the condition, for use in other statements, that this job is waiting or running."""
    return (
        select(jobs.c.id)
        .where(jobs.c.shop_id == shop_id, jobs.c.dedupe_key == dedupe_key, jobs.c.status.in_(OPEN))
        .exists()
    )


@built_once
def is_running(shop_id: str, dedupe_key: str) -> ColumnElement[bool]:
    """Return the condition, for use in other statements, that this job is running."""
    return (
        select(jobs.c.id)
        .where(jobs.c.shop_id == shop_id, jobs.c.dedupe_key == dedupe_key, jobs.c.status == "running")
        .exists()
    )


async def _by_kind(db: Database, which: ColumnElement[bool]) -> dict[tuple[str, ...], int]:
    counted = select(jobs.c.kind, jobs.c.status, func.count().label("count")).where(which)
    rows = await db.all(counted.group_by(jobs.c.kind, jobs.c.status))
    return {(row["kind"], row["status"]): int(row["count"]) for row in rows}


def _row(job: Job, at: datetime) -> Any:
    return upsert(jobs).values(**_values(job, at))


def _values(job: Job, at: datetime) -> dict[str, Any]:
    return {
        "id": job.id,
        "shop_id": job.shop_id,
        "kind": job.kind,
        "subject_id": job.subject_id,
        "dedupe_key": job.dedupe_key,
        "payload": job.payload,
        "priority": job.priority,
        "lane": job.lane,
        "run_at": job.run_at,
        "woken_at": at,
        "created_at": at,
        "updated_at": at,
    }


def _held(job_id: str, token: str) -> ColumnElement[bool]:
    return and_(jobs.c.id == job_id, jobs.c.lease_token == token, jobs.c.status == "running")


def _runnable(now: datetime) -> ColumnElement[bool]:
    return or_(and_(is_pending(jobs), jobs.c.run_at <= now), is_abandoned(jobs, now))
