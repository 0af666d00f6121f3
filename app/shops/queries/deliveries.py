"""All SQL on what Shopify told us."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import case, func, select, update

from app.core.ids import first_id
from app.core.ports import Database, Webhook
from app.core.tables import among, upsert
from app.shops.model import Delivery
from app.shops.tables import webhook_deliveries

DELIVERY = [webhook_deliveries.c[name] for name in Delivery.__dataclass_fields__]


def insert_delivery(
    delivery_id: str, webhook: Webhook, status: str, fields: dict[str, Any] | None, error: str | None, at: datetime
) -> Any:
    """Once per event: a repeated delivery changes nothing."""
    return (
        upsert(webhook_deliveries)
        .values(
            id=delivery_id,
            shop_id=webhook.shop,
            topic=webhook.topic,
            event_id=webhook.event_id,
            webhook_id=webhook.webhook_id,
            triggered_at=webhook.triggered_at,
            status=status,
            fields=fields,
            error=error,
            created_at=at,
            updated_at=at,
        )
        .on_conflict_do_nothing(index_elements=["shop_id", "topic", "event_id"])
    )


async def deliveries_by_topic(db: Database, topics: Collection[str], since: datetime) -> dict[tuple[str, ...], int]:
    """How many webhooks came since then, by topic (`other` for those that are not named) and outcome."""
    recent, table = webhook_deliveries.c.id >= first_id(since), webhook_deliveries
    topic = case((among(table.c.topic, topics), table.c.topic), else_="other").label("named")
    named = select(topic, table.c.status).where(recent).subquery()
    counted = select(named.c.named, named.c.status, func.count().label("count"))
    rows = await db.all(counted.group_by(named.c.named, named.c.status))
    return {(row["named"], row["status"]): int(row["count"]) for row in rows}


async def delivery(db: Database, shop_id: str, delivery_id: str) -> Delivery | None:
    row = await db.one(
        select(*DELIVERY).where(webhook_deliveries.c.shop_id == shop_id, webhook_deliveries.c.id == delivery_id)
    )
    return Delivery(**row) if row else None


def close_delivery(shop_id: str, delivery_id: str, status: str, error: str | None, at: datetime) -> Any:
    return (
        update(webhook_deliveries)
        .where(webhook_deliveries.c.shop_id == shop_id, webhook_deliveries.c.id == delivery_id)
        .values(status=status, error=error, updated_at=at)
    )


async def told_since(db: Database, shop_id: str, topic: str, moment: datetime) -> bool:
    """Whether Shopify sent something newer on a topic: webhooks arrive in any order."""
    row = await db.one(
        select(webhook_deliveries.c.id)
        .where(
            webhook_deliveries.c.shop_id == shop_id,
            webhook_deliveries.c.topic == topic,
            webhook_deliveries.c.triggered_at > moment,
        )
        .limit(1)
    )
    return row is not None
