"""SQL for order webhooks that could not be processed, that is, whose delivery failed."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, func, literal_column, select, update

from app.core.ports.database import Database
from app.core.statements import built_once
from app.jobs.tables import jobs
from app.personalization.model import REREAD, UnreadOrder
from app.shops.tables import webhook_deliveries as deliveries

FAILED = deliveries.c.status == literal_column("'failed'")
"""Literally the condition of the index ix_webhook_deliveries_failed: SQLite does not use the index with a parameter."""
READERS = ("personalization.take_order", REREAD)
"""The kinds of job that read orders. Failed deliveries for other subscribers of the same topics are not listed."""


async def unread_orders(db: Database, shop_id: str, limit: int, *, delivery_id: str | None = None) -> list[UnreadOrder]:
    """Return the newest failed deliveries, or only the one with `delivery_id`."""
    return [_unread_order(**row) for row in await db.all(_unread_rows(shop_id, limit, delivery_id or None))]


@built_once
def _unread_rows(shop_id: str, limit: int, delivery_id: str | None) -> Any:
    reading = and_(jobs.c.shop_id == shop_id, jobs.c.dedupe_key == f"{REREAD}:" + deliveries.c.id)
    columns = [deliveries.c[name] for name in ("id", "shop_id", "topic", "fields", "error", "created_at")]
    one = [] if delivery_id is None else [deliveries.c.id == delivery_id]
    return (
        select(*columns, jobs.c.status.label("reading"))
        .outerjoin(jobs, reading)
        .where(*_of_shop(shop_id), *one)
        .order_by(deliveries.c.created_at.desc(), deliveries.c.id)
        .limit(limit)
    )


async def count_unread_orders(db: Database, shop_id: str) -> int:
    row = await db.one(_count_unread(shop_id))
    return int(row["count"]) if row else 0


@built_once
def _count_unread(shop_id: str) -> Any:
    return select(func.count().label("count")).where(*_of_shop(shop_id))


def close_unread_orders(shop_id: str, shopify_order_id: str, at: datetime) -> Any:
    """Close all failed deliveries of this order, because its current state has been recorded."""
    return _close_unread(shop_id, f'"order_id":"{shopify_order_id}"', at)


@built_once
def _close_unread(shop_id: str, order_field: str, at: datetime) -> Any:
    about_it = func.replace(deliveries.c.fields, " ", "").contains(order_field)
    return update(deliveries).where(*_of_shop(shop_id), about_it).values(status="done", error=None, updated_at=at)


def _of_shop(shop_id: str) -> list[ColumnElement[bool]]:
    return [deliveries.c.shop_id == shop_id, FAILED, deliveries.c.job_kind.in_(READERS)]


def _unread_order(fields: dict[str, Any] | None, reading: str | None, **row: Any) -> UnreadOrder:
    known = fields or {}
    return UnreadOrder(
        order_id=known.get("order_id"),
        order_number=known.get("order_number"),
        is_being_read=reading in ("pending", "running"),
        **row,
    )
