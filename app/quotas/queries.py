"""All SQL on quotas. Each limit has a counter in the shop's row; an update that must match the row enforces it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Column, ColumnElement, ScalarSelect, and_, case, func, or_, select, update

from app.core.ports.database import Database, Expect
from app.core.statements import built_once
from app.core.tables import moment, upsert
from app.quotas.model import Lane, Quota, period_of
from app.quotas.tables import quotas

QUOTA = [quotas.c[name] for name in Quota.__dataclass_fields__]


async def quota(db: Database, shop_id: str) -> Quota | None:
    row = await db.one(_quota_row(shop_id))
    return Quota(**row) if row else None


@built_once
def _quota_row(shop_id: str) -> Any:
    return select(*QUOTA).where(quotas.c.shop_id == shop_id)


async def stored_bytes(db: Database) -> int:
    """Return the total number of bytes that all shops store."""
    row = await db.one(select(func.coalesce(func.sum(quotas.c.current_storage_bytes), 0).label("bytes")))
    return int(row["bytes"]) if row else 0


@built_once
def open_quota(shop_id: str, period: str, at: datetime) -> Any:
    """Create the shop's quota row with the default limits, unless it exists."""
    return (
        upsert(quotas)
        .values(shop_id=shop_id, period=period, last_reset_at=at, created_at=at, updated_at=at)
        .on_conflict_do_nothing(index_elements=["shop_id"])
    )


@built_once
def hold(shop_id: str, period: str, at: datetime, units: int = 1) -> list[Any]:
    """Count generations against this month; refused with `quota_exhausted` unless all of them fit."""
    same = quotas.c.period >= period  # a request from before midnight counts in the month that has begun since
    limit = quotas.c.monthly_generation_limit
    fits = or_(and_(same, quotas.c.current_generations + units <= limit), and_(~same, limit >= units))
    count = (
        update(quotas)
        .where(quotas.c.shop_id == shop_id, fits)
        .values(
            current_generations=case((same, quotas.c.current_generations + units), else_=units),
            total_generations=quotas.c.total_generations + units,
            last_reset_at=case((same, quotas.c.last_reset_at), else_=moment(at)),
            period=case((same, quotas.c.period), else_=period),
            updated_at=at,
        )
    )
    return [open_quota(shop_id, period, at), Expect(count, "quota_exhausted")]


@built_once
def refund(shop_id: str, period: str | None, at: datetime, units: int = 1) -> Any:
    """Subtract generations that were not delivered, if they were counted in the month that is still current."""
    return (
        update(quotas)
        .where(quotas.c.shop_id == shop_id, quotas.c.period == period, quotas.c.current_generations >= units)
        .values(
            current_generations=quotas.c.current_generations - units,
            total_generations=quotas.c.total_generations - units,
            updated_at=at,
        )
    )


@built_once
def reserve_storage(shop_id: str, size: int, period: str, at: datetime) -> list[Any]:
    """Count bytes before they arrive; refused with `storage_full` if they do not fit."""
    fits = quotas.c.current_storage_bytes + size <= quotas.c.storage_quota_bytes
    count = (
        update(quotas)
        .where(quotas.c.shop_id == shop_id, fits)
        .values(current_storage_bytes=quotas.c.current_storage_bytes + size, updated_at=at)
    )
    return [open_quota(shop_id, period, at), Expect(count, "storage_full")]


def add_storage(shop_id: str, size: int, at: datetime) -> Any:
    """Count stored bytes without checking the limit, because accepted work is always delivered.

    A shop without a quota row, such as one that is seeded before its first visit, gets the default limits.
    """
    return _add_storage(shop_id, size, period_of(at, "UTC"), at)


@built_once
def _add_storage(shop_id: str, size: int, period: str, at: datetime) -> Any:
    fresh = {"period": period, "last_reset_at": at, "created_at": at, "updated_at": at}
    return (
        upsert(quotas)
        .values(shop_id=shop_id, current_storage_bytes=size, **fresh)
        .on_conflict_do_update(
            index_elements=["shop_id"],
            set_={"current_storage_bytes": quotas.c.current_storage_bytes + size, "updated_at": at},
        )
    )


@built_once
def release_storage(shop_id: str, size: int | ScalarSelect[int], at: datetime) -> Any:
    """Subtract the bytes of files that were deleted."""
    left = quotas.c.current_storage_bytes - size
    return (
        update(quotas)
        .where(quotas.c.shop_id == shop_id)
        .values(current_storage_bytes=case((left < 0, 0), else_=left), updated_at=at)
    )


@built_once
def release_slot_if(shop_id: str, lane: Lane, condition: ColumnElement[bool]) -> list[Any]:
    """Return two statements that release a slot in a lane if a condition holds.

    PostgreSQL evaluates a condition before it waits for a locked row, so it would miss a slot that is taken meanwhile,
    and that slot would never be released. The first statement waits for the row, so that the second one sees its newest
    version.
    """
    counter, quota = LaneSlots(lane).counter, update(quotas).where(quotas.c.shop_id == shop_id)
    lock = quota.values({counter: counter})
    return [lock, quota.where(counter > 0, condition).values({counter: counter - 1})]


@built_once
def free_all_slots_if(shop_id: str, condition: ColumnElement[bool]) -> Any:
    """Release every slot in every lane of a shop if a condition holds."""
    return update(quotas).where(quotas.c.shop_id == shop_id, condition).values(running=0, merchant_running=0)


@dataclass(frozen=True)
class LaneSlots:
    """The slots of one lane, which limit a shop's concurrent jobs: a counter and its limit, both in the shop's row."""

    lane: Lane

    @property
    def counter(self) -> Column[int]:
        return quotas.c.running if self.lane is Lane.SHOPPER else quotas.c.merchant_running

    @property
    def limit(self) -> Column[int]:
        return quotas.c.max_concurrent if self.lane is Lane.SHOPPER else quotas.c.merchant_max_concurrent

    @built_once
    def take(self, shop_id: str) -> Expect:
        """Take a slot; refused with `slots_full` if none is free."""
        free = update(quotas).where(quotas.c.shop_id == shop_id, self.counter < self.limit)
        return Expect(free.values({self.counter: self.counter + 1}), "slots_full")

    @built_once
    def free(self, shop_id: str) -> Any:
        """Release a slot."""
        taken = update(quotas).where(quotas.c.shop_id == shop_id, self.counter > 0)
        return taken.values({self.counter: self.counter - 1})

    @built_once
    def free_slots(self, shop_id: str | ColumnElement[str]) -> ColumnElement[int]:
        """Return an SQL expression, for use in other statements, for the number of free slots."""
        return select(self.limit - self.counter).where(quotas.c.shop_id == shop_id).scalar_subquery()


SLOTS = {lane: LaneSlots(lane) for lane in Lane}
"""The slots of each lane."""
