"""SQL for orders and their lines."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import func, select, update

from app.core.ports.database import Database, Expect
from app.core.statements import built_once
from app.core.tables import among, moment, upsert
from app.media.tables import assets
from app.personalization.order_rules import Order, OrderItem
from app.personalization.tables import generations, order_items, orders

ITEM = [order_items.c[name] for name in OrderItem.__dataclass_fields__]
ORDER = [orders.c[name] for name in Order.__dataclass_fields__]


async def order(db: Database, shop_id: str, shopify_order_id: str) -> Order | None:
    row = await db.one(_order_row(shop_id, shopify_order_id))
    return Order(**row) if row else None


@built_once
def _order_row(shop_id: str, shopify_order_id: str) -> Any:
    return select(*ORDER).where(orders.c.shop_id == shop_id, orders.c.shopify_order_id == shopify_order_id)


async def order_by_id(db: Database, shop_id: str, order_id: str) -> Order | None:
    row = await db.one(_order_by_id(shop_id, order_id))
    return Order(**row) if row else None


@built_once
def _order_by_id(shop_id: str, order_id: str) -> Any:
    return select(*ORDER).where(orders.c.shop_id == shop_id, orders.c.id == order_id)


async def item(db: Database, shop_id: str, item_id: str) -> OrderItem | None:
    row = await db.one(_item_row(shop_id, item_id))
    return OrderItem(**row) if row else None


@built_once
def _item_row(shop_id: str, item_id: str) -> Any:
    return select(*ITEM).where(order_items.c.shop_id == shop_id, order_items.c.id == item_id)


async def items_of_order(db: Database, shop_id: str, shopify_order_id: str) -> list[OrderItem]:
    """Return the lines of an order, which is given by its Shopify id."""
    return [OrderItem(**row) for row in await db.all(_items_of_order(shop_id, shopify_order_id))]


@built_once
def _items_of_order(shop_id: str, shopify_order_id: str) -> Any:
    return (
        select(*ITEM)
        .join(orders, orders.c.id == order_items.c.order_id)
        .where(
            order_items.c.shop_id == shop_id,
            orders.c.shop_id == shop_id,
            orders.c.shopify_order_id == shopify_order_id,
        )
        .order_by(order_items.c.id)
    )


async def taken_line_ids(db: Database, shop_id: str, shopify_order_id: str, line_ids: Sequence[str]) -> set[str]:
    """Return those of the given line ids that belong to lines of other orders."""
    rows = await db.all(_taken_line_ids(shop_id, shopify_order_id, line_ids))
    return {row["shopify_line_item_id"] for row in rows}


@built_once
def _taken_line_ids(shop_id: str, shopify_order_id: str, line_ids: Sequence[str]) -> Any:
    return (
        select(order_items.c.shopify_line_item_id)
        .join(orders, orders.c.id == order_items.c.order_id)
        .where(
            order_items.c.shop_id == shop_id,
            among(order_items.c.shopify_line_item_id, line_ids),
            orders.c.shopify_order_id != shopify_order_id,
        )
    )


async def items_by_state(db: Database, shop_id: str) -> dict[str, int]:
    return {row["state"]: row["count"] for row in await db.all(_items_by_state(shop_id))}


@built_once
def _items_by_state(shop_id: str) -> Any:
    return (
        select(order_items.c.state, func.count().label("count"))
        .where(order_items.c.shop_id == shop_id)
        .group_by(order_items.c.state)
    )


def save_order(order: Order, before: Order | None, at: datetime) -> Expect:
    """Insert an order (`before` is None) or update it.

    Refused with `order_changed` if the order has changed since it was read.
    """
    next_one = replace(order, revision=order.revision + 1)
    return _insert_order(next_one, at) if before is None else _update_order(next_one, before.revision, at)


@built_once
def _insert_order(order: Order, at: datetime) -> Expect:
    insert = upsert(orders).values(**vars(order), created_at=at, updated_at=at)
    unknown = insert.on_conflict_do_nothing(index_elements=["shop_id", "shopify_order_id"])
    return Expect(unknown, "order_changed")


@built_once
def _update_order(order: Order, revision: int, at: datetime) -> Expect:
    as_read = [orders.c.shop_id == order.shop_id, orders.c.id == order.id, orders.c.revision == revision]
    return Expect(update(orders).where(*as_read).values(**vars(order), updated_at=at), "order_changed")


@built_once
def insert_item(item: OrderItem, at: datetime) -> Expect:
    """Refused with `order_changed` if another webhook has inserted this line in the meantime."""
    insert = upsert(order_items).values(**vars(item), created_at=at, updated_at=at)
    return Expect(insert.on_conflict_do_nothing(index_elements=["shop_id", "shopify_line_item_id"]), "order_changed")


def update_item(before: OrderItem, after: OrderItem, at: datetime) -> Expect:
    """Refused with `order_changed` if the line has changed since it was read."""
    changed = {
        name: getattr(after, name)
        for name in OrderItem.__dataclass_fields__
        if getattr(after, name) != getattr(before, name)
    }
    return _update_item(before, at, **changed)


@built_once
def _update_item(before: OrderItem, at: datetime, **changed: Any) -> Expect:
    as_read = [
        order_items.c.state == before.state,
        order_items.c.print_asset_id == before.print_asset_id,
        order_items.c.preview_ref == before.preview_ref,
    ]
    return Expect(
        update(order_items)
        .where(order_items.c.shop_id == before.shop_id, order_items.c.id == before.id, *as_read)
        .values(**changed, updated_at=at),
        "order_changed",
    )


async def items_without_size(db: Database, shop_id: str, shopify_variant_id: str, limit: int) -> list[str]:
    """Return the ids of lines of this variant that have no size."""
    rows = await db.all(_items_without_size(shop_id, shopify_variant_id, limit))
    return [str(row["id"]) for row in rows]


async def variants_without_size(db: Database, shop_id: str, shopify_variant_ids: Collection[str]) -> list[str]:
    """Return those of these variants of which a line waits for a print size."""
    rows = await db.all(_variants_without_size(shop_id, shopify_variant_ids))
    return [str(row["shopify_variant_id"]) for row in rows]


@built_once
def _variants_without_size(shop_id: str, shopify_variant_ids: Collection[str]) -> Any:
    return (
        select(order_items.c.shopify_variant_id)
        .where(
            order_items.c.shop_id == shop_id,
            among(order_items.c.shopify_variant_id, shopify_variant_ids),
            order_items.c.size_id.is_(None),
            order_items.c.state.in_(("unmapped", "needs_review")),
        )
        .distinct()
    )


@built_once
def _items_without_size(shop_id: str, shopify_variant_id: str, limit: int) -> Any:
    return (
        select(order_items.c.id)
        .where(
            order_items.c.shop_id == shop_id,
            order_items.c.shopify_variant_id == shopify_variant_id,
            order_items.c.size_id.is_(None),
            order_items.c.state.in_(("unmapped", "needs_review")),
        )
        .limit(limit)
    )


@built_once
def pin_generation(shop_id: str, generation_id: str, at: datetime) -> Any:
    return (
        update(generations)
        .where(generations.c.shop_id == shop_id, generations.c.id == generation_id)
        .values(pinned_at=func.coalesce(generations.c.pinned_at, moment(at)))
    )


@built_once
def keep_photo(shop_id: str, generation_id: str, at: datetime) -> Any:
    """Remove the expiry of an ordered design's photo, because a replacement picture may have to be made from it."""
    photo = select(generations.c.upload_asset_id).where(
        generations.c.shop_id == shop_id, generations.c.id == generation_id
    )
    return (
        update(assets)
        .where(assets.c.shop_id == shop_id, assets.c.id.in_(photo), assets.c.deleted_at.is_(None))
        .values(expires_at=None, updated_at=at)
    )
