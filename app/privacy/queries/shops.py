"""All SQL on a shop's settings, and on the deletion of a shop."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import delete, select, update

from app.core.ports.database import Expect
from app.core.tables import metadata
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
    some = select(source.c.id).where(source.c.shop_id == shop_id).limit(limit)
    return delete(source).where(source.c.shop_id == shop_id, source.c.id.in_(some))


def delete_shop(shop_id: str, job_id: str, delivery_id: str) -> list[Any]:
    """Delete the shop's row, rate limits, jobs and webhook deliveries, except for this job and this delivery.

    Refused with `shop_returned` if the shop has reinstalled the app.
    """
    return [
        delete(rate_limits).where(rate_limits.c.key.endswith(f":shop:{shop_id}", autoescape=True)),
        delete(jobs).where(jobs.c.shop_id == shop_id, jobs.c.id != job_id),
        delete(webhook_deliveries).where(
            webhook_deliveries.c.shop_id == shop_id, webhook_deliveries.c.id != delivery_id
        ),
        Expect(delete(shops).where(shops.c.id == shop_id, shops.c.is_active == 0), "shop_returned"),
    ]
