"""All SQL on orders and their lines."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import case, func, select, true, update

from app.catalog.tables import products
from app.core.ports import Database, Expect, Row
from app.core.tables import moment, upsert
from app.media.tables import assets
from app.personalization.model import (
    OrderCard,
    OrderFacts,
    OrderItem,
    OrderLine,
    Verdict,
)
from app.personalization.tables import (
    ai_styles,
    generations,
    order_items,
    orders,
    sizes,
)

ITEM = [order_items.c[name] for name in OrderItem.__dataclass_fields__]


async def order_row(db: Database, shop_id: str, shopify_order_id: str) -> Row | None:
    return await db.one(
        select(orders).where(orders.c.shop_id == shop_id, orders.c.shopify_order_id == shopify_order_id)
    )


async def order_by_id(db: Database, shop_id: str, order_id: str) -> Row | None:
    return await db.one(select(orders).where(orders.c.shop_id == shop_id, orders.c.id == order_id))


async def item(db: Database, shop_id: str, item_id: str) -> OrderItem | None:
    row = await db.one(select(*ITEM).where(order_items.c.shop_id == shop_id, order_items.c.id == item_id))
    return OrderItem(**row) if row else None


async def items_of_order(db: Database, shop_id: str, order_id: str) -> list[OrderItem]:
    rows = await db.all(select(*ITEM).where(order_items.c.shop_id == shop_id, order_items.c.order_id == order_id))
    return [OrderItem(**row) for row in rows]


async def product_of(db: Database, shop_id: str, product_id: str) -> str | None:
    """Shopify's id of a product of ours."""
    row = await db.one(
        select(products.c.shopify_product_id).where(products.c.shop_id == shop_id, products.c.id == product_id)
    )
    return row["shopify_product_id"] if row else None


async def order_cards(db: Database, shop_id: str, limit: int, item_id: str | None = None) -> list[OrderCard]:
    """The newest lines with a design, or one of them."""
    preview, printed = assets.alias("preview"), assets.alias("printed")
    rows = await db.all(
        select(
            order_items.c.id.label("item_id"),
            orders.c.shopify_order_id,
            orders.c.order_number,
            order_items.c.title,
            sizes.c.name.label("size"),
            ai_styles.c.name.label("style"),
            order_items.c.quantity,
            order_items.c.state,
            order_items.c.reason,
            printed.c.width,
            printed.c.height,
            orders.c.is_test,
            orders.c.created_at,
            preview.c.key.label("preview_key"),
            printed.c.key.label("print_key"),
            printed.c.filename.label("print_filename"),
        )
        .join(orders, orders.c.id == order_items.c.order_id)
        .outerjoin(sizes, sizes.c.id == order_items.c.size_id)
        .outerjoin(generations, generations.c.id == order_items.c.preview_generation_id)
        .outerjoin(ai_styles, ai_styles.c.id == generations.c.ai_style_id)
        .outerjoin(preview, preview.c.id == generations.c.preview_asset_id)
        .outerjoin(printed, printed.c.id == order_items.c.print_asset_id)
        .where(order_items.c.shop_id == shop_id, order_items.c.id == item_id if item_id else true())
        .order_by(order_items.c.created_at.desc(), order_items.c.id)
        .limit(limit)
    )
    return [OrderCard(**row) for row in rows]


async def items_by_state(db: Database, shop_id: str) -> dict[str, int]:
    rows = await db.all(
        select(order_items.c.state, func.count().label("count"))
        .where(order_items.c.shop_id == shop_id)
        .group_by(order_items.c.state)
    )
    return {row["state"]: row["count"] for row in rows}


async def previews_since(db: Database, shop_id: str, since: datetime) -> int:
    row = await db.one(
        select(func.count().label("count")).where(
            generations.c.shop_id == shop_id,
            generations.c.generation_type == "preview",
            generations.c.created_at >= since,
        )
    )
    return int(row["count"]) if row else 0


def save_order(shop_id: str, order_id: str, facts: OrderFacts, at: datetime) -> Any:
    """Sticky facts: what once was true of an order stays, in whatever order the webhooks come."""
    paid = func.coalesce(orders.c.paid_at, moment(facts.paid_at))
    cancelled = func.coalesce(orders.c.cancelled_at, moment(facts.cancelled_at))
    return (
        upsert(orders)
        .values(
            id=order_id,
            shop_id=shop_id,
            shopify_order_id=facts.order_id,
            customer_id=facts.customer_id,
            order_number=facts.order_number,
            total_price=facts.total_price,
            currency=facts.currency,
            status="cancelled" if facts.cancelled_at else "paid" if facts.paid_at else "open",
            paid_at=facts.paid_at,
            cancelled_at=facts.cancelled_at,
            is_test=facts.is_test,
            created_at=at,
            updated_at=at,
        )
        .on_conflict_do_update(
            index_elements=["shop_id", "shopify_order_id"],
            set_={
                "paid_at": paid,
                "cancelled_at": cancelled,
                "status": case(
                    (cancelled.is_not(None), "cancelled"), (paid.is_not(None), "paid"), else_=orders.c.status
                ),
                "updated_at": at,
            },
        )
    )


def insert_item(shop_id: str, item_id: str, order_id: str, line: OrderLine, verdict: Verdict, at: datetime) -> Expect:
    """Refused with `order_changed` when another webhook of the order has brought this line meanwhile."""
    insert = (
        upsert(order_items)
        .values(
            id=item_id,
            shop_id=shop_id,
            order_id=order_id,
            shopify_line_item_id=line.line_item_id,
            title=line.title,
            quantity=line.quantity,
            shopify_product_id=line.product_id,
            shopify_variant_id=line.variant_id,
            preview_ref=line.preview_ref,
            preview_generation_id=verdict.generation_id,
            size_id=verdict.size_id,
            state=verdict.state,
            reason=verdict.reason,
            created_at=at,
            updated_at=at,
        )
        .on_conflict_do_nothing(index_elements=["shop_id", "shopify_line_item_id"])
    )
    return Expect(insert, "order_changed")


def pin_generation(shop_id: str, generation_id: str, at: datetime) -> Any:
    return (
        update(generations)
        .where(generations.c.shop_id == shop_id, generations.c.id == generation_id)
        .values(pinned_at=func.coalesce(generations.c.pinned_at, moment(at)))
    )
