"""All SQL on a shop's settings, and on the deletion of a shop."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Table, and_, delete, select, update

from app.core.ports.database import Database, Expect
from app.core.tables import among, metadata
from app.jobs.tables import jobs
from app.shops.tables import rate_limits, shops, webhook_deliveries


def stop_all_jobs(shop_id: str, except_id: str, at: datetime) -> Any:
    """Cancel all open jobs of a shop except one."""
    return (
        update(jobs)
        .where(jobs.c.shop_id == shop_id, jobs.c.id != except_id, jobs.c.status.in_(("pending", "running")))
        .values(status="cancelled", lease_token=None, lease_until=None, updated_at=at)
    )


def set_settings(shop_id: str, settings: dict[str, Any], at: datetime) -> Any:
    return update(shops).where(shops.c.id == shop_id).values(settings=settings, updated_at=at)


def delete_rows(shop_id: str, table: str, limit: int) -> Any:
    """Delete up to `limit` of a shop's rows in a table, or all of them if the table has no id column."""
    source = metadata.tables[table]
    if "id" not in source.c:
        return delete(source).where(source.c.shop_id == shop_id)
    return _delete_some(source, source.c.shop_id == shop_id, limit)


def delete_messages(shop_id: str, job_id: str, delivery_id: str, limit: int) -> list[Any]:
    """Delete up to `limit` jobs and as many webhook deliveries of a shop, except for this job and this delivery.

    Nothing is deleted if the shop has reinstalled the app: these rows may be about the new installation.
    """
    left = select(shops.c.id).where(shops.c.id == shop_id, shops.c.is_active == 0).exists()
    return [_delete_some(table, and_(others, left), limit) for table, others in _messages(shop_id, job_id, delivery_id)]


async def limits_of(db: Database, shop_id: str) -> list[str]:
    """Return the keys of the shop's own rate limits. It reads all rate limits, so it is not part of a transaction."""
    rows = await db.all(select(rate_limits.c.key).where(_is_limit_of(shop_id)))
    return [row["key"] for row in rows]


def delete_shop(shop_id: str, job_id: str, delivery_id: str, limit_keys: Collection[str]) -> list[Any]:
    """Delete the shop's row, these rate limits, and its remaining jobs and webhook deliveries, except for these two.

    Refused with `shop_returned` if the shop has reinstalled the app.
    """
    return [
        delete(rate_limits).where(among(rate_limits.c.key, limit_keys), _is_limit_of(shop_id)),
        *[delete(table).where(others) for table, others in _messages(shop_id, job_id, delivery_id)],
        Expect(delete(shops).where(shops.c.id == shop_id, shops.c.is_active == 0), "shop_returned"),
    ]


def _messages(shop_id: str, job_id: str, delivery_id: str) -> list[tuple[Table, ColumnElement[bool]]]:
    return [
        (jobs, and_(jobs.c.shop_id == shop_id, jobs.c.id != job_id)),
        (webhook_deliveries, and_(webhook_deliveries.c.shop_id == shop_id, webhook_deliveries.c.id != delivery_id)),
    ]


def _is_limit_of(shop_id: str) -> ColumnElement[bool]:
    return rate_limits.c.key.endswith(f":shop:{shop_id}", autoescape=True)


def _delete_some(table: Table, which: ColumnElement[bool], limit: int) -> Any:
    """Delete up to `limit` rows. Only the page names the shop, or SQLite might read all rows of the shop each time."""
    return delete(table).where(table.c.id.in_(select(table.c.id).where(which).limit(limit)))
