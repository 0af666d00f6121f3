"""All SQL on quotas. Limits are counters on one row, changed by statements that must touch it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, ScalarSelect, case, func, or_, select, update

from app.core.ports import Database, Expect
from app.core.statements import built_once
from app.core.tables import moment, upsert
from app.generation.model import Quota
from app.generation.tables import quotas

QUOTA = [quotas.c[name] for name in Quota.__dataclass_fields__]


async def quota(db: Database, shop_id: str) -> Quota | None:
    row = await db.one(_quota_row(shop_id))
    return Quota(**row) if row else None


@built_once
def _quota_row(shop_id: str) -> Any:
    return select(*QUOTA).where(quotas.c.shop_id == shop_id)


async def stored_bytes(db: Database) -> int:
    """Of all shops together."""
    row = await db.one(select(func.coalesce(func.sum(quotas.c.current_storage_bytes), 0).label("bytes")))
    return int(row["bytes"]) if row else 0


@built_once
def open_quota(shop_id: str, period: str, at: datetime) -> Any:
    """The shop's limits, as every plan starts; nothing when it has them already."""
    return (
        upsert(quotas)
        .values(shop_id=shop_id, period=period, last_reset_at=at, created_at=at, updated_at=at)
        .on_conflict_do_nothing(index_elements=["shop_id"])
    )


@built_once
def hold(shop_id: str, period: str, at: datetime) -> list[Any]:
    """Count one generation of this month; refused with `quota_exhausted`."""
    same = quotas.c.period >= period  # a request that straddles midnight counts in the month that has begun
    room = or_(~same, quotas.c.current_generations < quotas.c.monthly_generation_limit)
    count = (
        update(quotas)
        .where(quotas.c.shop_id == shop_id, room)
        .values(
            current_generations=case((same, quotas.c.current_generations + 1), else_=1),
            total_generations=quotas.c.total_generations + 1,
            last_reset_at=case((same, quotas.c.last_reset_at), else_=moment(at)),
            period=case((same, quotas.c.period), else_=period),
            updated_at=at,
        )
    )
    return [open_quota(shop_id, period, at), Expect(count, "quota_exhausted")]


@built_once
def give_back(shop_id: str, period: str | None, at: datetime) -> Any:
    """One generation came to nothing: uncount it, if its month is still the running one."""
    return (
        update(quotas)
        .where(quotas.c.shop_id == shop_id, quotas.c.period == period, quotas.c.current_generations > 0)
        .values(
            current_generations=quotas.c.current_generations - 1,
            total_generations=quotas.c.total_generations - 1,
            updated_at=at,
        )
    )


@built_once
def reserve_storage(shop_id: str, size: int, period: str, at: datetime) -> list[Any]:
    """Count bytes before they arrive; refused with `storage_full`."""
    fits = quotas.c.current_storage_bytes + size <= quotas.c.storage_quota_bytes
    count = (
        update(quotas)
        .where(quotas.c.shop_id == shop_id, fits)
        .values(current_storage_bytes=quotas.c.current_storage_bytes + size, updated_at=at)
    )
    return [open_quota(shop_id, period, at), Expect(count, "storage_full")]


@built_once
def keep_storage(shop_id: str, size: int, at: datetime) -> Any:
    """Count bytes that are kept whatever the limit: work that was accepted is delivered."""
    return (
        update(quotas)
        .where(quotas.c.shop_id == shop_id)
        .values(current_storage_bytes=quotas.c.current_storage_bytes + size, updated_at=at)
    )


@built_once
def release_storage(shop_id: str, size: int | ScalarSelect[int], at: datetime) -> Any:
    """Uncount bytes that are gone."""
    left = quotas.c.current_storage_bytes - size
    return (
        update(quotas)
        .where(quotas.c.shop_id == shop_id)
        .values(current_storage_bytes=case((left < 0, 0), else_=left), updated_at=at)
    )


@built_once
def free_slot_if(shop_id: str, condition: ColumnElement[bool]) -> list[Any]:
    """Two statements. PostgreSQL looks at a condition before it waits for a row: a slot that is taken meanwhile would
    be missed, and lost for good. So the row is waited for first."""
    quota = update(quotas).where(quotas.c.shop_id == shop_id)
    waited = quota.values(running=quotas.c.running)
    return [waited, quota.where(quotas.c.running > 0, condition).values(running=quotas.c.running - 1)]


@built_once
def free_all_slots_if(shop_id: str, condition: ColumnElement[bool]) -> Any:
    return update(quotas).where(quotas.c.shop_id == shop_id, condition).values(running=0)


class QuotaSlots:
    """How many generations of a shop run at once: `running`, at most `max_concurrent`."""

    def take(self, shop_id: str) -> Expect:
        return _take_slot(shop_id)

    def free(self, shop_id: str) -> Any:
        return _free_slot(shop_id)

    def room(self, shop_id: str | ColumnElement[str]) -> ColumnElement[int]:
        return _room(shop_id)


@built_once
def _take_slot(shop_id: str) -> Expect:
    room = quotas.c.running < quotas.c.max_concurrent
    one_more = update(quotas).where(quotas.c.shop_id == shop_id, room).values(running=quotas.c.running + 1)
    return Expect(one_more, "slots_full")


@built_once
def _free_slot(shop_id: str) -> Any:
    return update(quotas).where(quotas.c.shop_id == shop_id, quotas.c.running > 0).values(running=quotas.c.running - 1)


@built_once
def _room(shop_id: str | ColumnElement[str]) -> ColumnElement[int]:
    return select(quotas.c.max_concurrent - quotas.c.running).where(quotas.c.shop_id == shop_id).scalar_subquery()
