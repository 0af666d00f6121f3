"""SQL of webhook deliveries."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, case, func, select, update

from app import jobs
from app.core.ids import first_id
from app.core.ports.database import Database
from app.core.ports.shopify import Webhook
from app.core.statements import built_once
from app.core.tables import among, typed, upsert
from app.shops.model import Delivery
from app.shops.tables import shops, webhook_deliveries

DELIVERY = [webhook_deliveries.c[name] for name in Delivery.__dataclass_fields__]


TAKEN = ("received", "done")
"""The states of a delivery that was accepted."""


@built_once
def take_delivery(
    webhook: Webhook,
    job_kind: str,
    delivery_id: str,
    fields: dict[str, Any],
    dedupe_key: str,
    as_of: datetime | None,
    customer_id: str | None,
    at: datetime,
) -> Any:
    """Record a delivery that the job with `dedupe_key`, which is of this kind, will process.

    Each subscriber has a row of its own. The first delivery of an event counts. If it failed, the next replaces its
    row, with a new id, unless an open job is retrying it. Nothing is recorded for a shop that is not in `shops`.
    `customer_id` is Shopify's id of the customer whom the fields are about, by which exports and redactions find them.
    """
    new = _delivery(webhook, job_kind, delivery_id, "received", fields, None, as_of, customer_id, at)
    changes = {name: new.excluded[name] for name in _COLUMNS if name not in _EVENT}
    untried = and_(webhook_deliveries.c.status == "failed", ~jobs.is_open(webhook.shop, dedupe_key))
    return new.on_conflict_do_update(index_elements=_EVENT, set_=changes, where=untried)


@built_once
def refuse_delivery(
    webhook: Webhook, job_kind: str, delivery_id: str, status: str, error: str, as_of: datetime | None, at: datetime
) -> Any:
    """Record a delivery that is not processed, unless its event is recorded already or its shop is not in `shops`."""
    new = _delivery(webhook, job_kind, delivery_id, status, None, error, as_of, None, at)
    return new.on_conflict_do_nothing(index_elements=_EVENT)


@built_once
def is_recorded(shop_id: str, delivery_id: str) -> ColumnElement[bool]:
    """A condition for other statements: this delivery has a row."""
    return (
        select(webhook_deliveries.c.id)
        .where(webhook_deliveries.c.shop_id == shop_id, webhook_deliveries.c.id == delivery_id)
        .exists()
    )


_EVENT = ["shop_id", "topic", "event_id", "job_kind"]
_COLUMNS = [column.name for column in webhook_deliveries.c]


def _delivery(
    webhook: Webhook,
    job_kind: str,
    delivery_id: str,
    status: str,
    fields: dict[str, Any] | None,
    error: str | None,
    as_of: datetime | None,
    customer_id: str | None,
    at: datetime,
) -> Any:
    row = {
        "id": delivery_id,
        "shop_id": webhook.shop,
        "topic": webhook.topic,
        "event_id": webhook.event_id,
        "webhook_id": webhook.webhook_id,
        "triggered_at": as_of,
        "status": status,
        "fields": fields,
        "error": error,
        "created_at": at,
        "updated_at": at,
        "job_kind": job_kind,
        "customer_id": customer_id,
    }
    values = [typed(row[name], webhook_deliveries.c[name].type) for name in _COLUMNS]
    known = select(shops.c.id).where(shops.c.id == webhook.shop).exists()
    return upsert(webhook_deliveries).from_select(_COLUMNS, select(*values).where(known))


async def deliveries_by_topic(db: Database, topics: Collection[str], since: datetime) -> dict[tuple[str, ...], int]:
    """Number of webhooks since then, by topic (`other` for topics that are not listed) and outcome."""
    recent, table = webhook_deliveries.c.id >= first_id(since), webhook_deliveries
    topic = case((among(table.c.topic, topics), table.c.topic), else_="other").label("named")
    named = select(topic, table.c.status).where(recent).subquery()
    counted = select(named.c.named, named.c.status, func.count().label("count"))
    rows = await db.all(counted.group_by(named.c.named, named.c.status))
    return {(row["named"], row["status"]): int(row["count"]) for row in rows}


async def delivery(db: Database, shop_id: str, delivery_id: str) -> Delivery | None:
    row = await db.one(_delivery_row(shop_id, delivery_id))
    return Delivery(**row) if row else None


@built_once
def _delivery_row(shop_id: str, delivery_id: str) -> Any:
    return select(*DELIVERY).where(webhook_deliveries.c.shop_id == shop_id, webhook_deliveries.c.id == delivery_id)


@built_once
def close_delivery(shop_id: str, delivery_id: str, status: str, error: str | None, at: datetime) -> Any:
    return (
        update(webhook_deliveries)
        .where(webhook_deliveries.c.shop_id == shop_id, webhook_deliveries.c.id == delivery_id)
        .values(status=status, error=error, updated_at=at)
    )


async def has_newer_delivery(db: Database, shop_id: str, topic: str, moment: datetime) -> bool:
    """Whether a newer webhook of a topic was accepted. Webhooks arrive in any order."""
    return await db.one(_has_newer_delivery(shop_id, topic, moment)) is not None


@built_once
def _has_newer_delivery(shop_id: str, topic: str, moment: datetime) -> Any:
    return (
        select(webhook_deliveries.c.id)
        .where(
            webhook_deliveries.c.shop_id == shop_id,
            webhook_deliveries.c.topic == topic,
            webhook_deliveries.c.triggered_at > moment,
            webhook_deliveries.c.status.in_(TAKEN),
        )
        .limit(1)
    )
