"""All SQL on the end of a shop."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import delete, select, update

from app.core.ports.database import Expect
from app.core.tables import metadata
from app.jobs.tables import jobs
from app.shops.tables import rate_limits, shops, webhook_deliveries


def stop_all_jobs(shop_id: str, but: str, at: datetime) -> Any:
    return (
        update(jobs)
        .where(jobs.c.shop_id == shop_id, jobs.c.id != but, jobs.c.status.in_(("pending", "running")))
        .values(status="cancelled", lease_token=None, lease_until=None, updated_at=at)
    )


def set_settings(shop_id: str, settings: dict[str, Any], at: datetime) -> Any:
    return update(shops).where(shops.c.id == shop_id).values(settings=settings, updated_at=at)


def delete_rows(shop_id: str, table: str, limit: int) -> Any:
    """So many rows of a table at most; all, where rows have no id."""
    source = metadata.tables[table]
    if "id" not in source.c:
        return delete(source).where(source.c.shop_id == shop_id)
    some = select(source.c.id).where(source.c.shop_id == shop_id).limit(limit)
    return delete(source).where(source.c.shop_id == shop_id, source.c.id.in_(some))


def delete_shop(shop_id: str, job_id: str, delivery_id: str) -> list[Any]:
    """The shop's row, its counters, and what told of it but for this job and message. Refused with `shop_returned`."""
    return [
        delete(rate_limits).where(rate_limits.c.key.endswith(f":shop:{shop_id}", autoescape=True)),
        delete(jobs).where(jobs.c.shop_id == shop_id, jobs.c.id != job_id),
        delete(webhook_deliveries).where(
            webhook_deliveries.c.shop_id == shop_id, webhook_deliveries.c.id != delivery_id
        ),
        Expect(delete(shops).where(shops.c.id == shop_id, shops.c.is_active == 0), "shop_returned"),
    ]
