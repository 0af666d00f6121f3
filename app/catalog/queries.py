"""All SQL on products."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import select

from app.catalog.model import Product
from app.catalog.tables import products as table
from app.core.ports import Database
from app.core.tables import upsert

COLUMNS = [table.c[name] for name in Product.__dataclass_fields__]


async def product(db: Database, shop_id: str, product_id: str) -> Product | None:
    row = await db.one(select(*COLUMNS).where(table.c.shop_id == shop_id, table.c.id == product_id))
    return Product(**row) if row else None


async def sellable_product(db: Database, shop_id: str, shopify_product_id: str) -> Product | None:
    """A product that the shop has switched on, by Shopify's id."""
    row = await db.one(
        select(*COLUMNS).where(
            table.c.shop_id == shop_id,
            table.c.shopify_product_id == shopify_product_id,
            table.c.is_enabled == 1,
            table.c.is_active == 1,
        )
    )
    return Product(**row) if row else None


async def products(db: Database, shop_id: str) -> list[Product]:
    rows = await db.all(
        select(*COLUMNS).where(table.c.shop_id == shop_id, table.c.archived_at.is_(None)).order_by(table.c.title)
    )
    return [Product(**row) for row in rows]


def save_product(shop_id: str, product: Product, at: datetime) -> Any:
    """Insert, or take over title and handle of one that Shopify already knows."""
    return (
        upsert(table)
        .values(
            id=product.id,
            shop_id=shop_id,
            shopify_product_id=product.shopify_product_id,
            title=product.title,
            handle=product.handle,
            synced_at=at,
            created_at=at,
            updated_at=at,
        )
        .on_conflict_do_update(
            index_elements=["shop_id", "shopify_product_id"],
            set_={"title": product.title, "handle": product.handle, "synced_at": at, "updated_at": at},
        )
    )
