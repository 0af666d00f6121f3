"""SQL that reads an order line, or a design, with its related rows in one statement."""

from __future__ import annotations

from typing import Any

from sqlalchemy import and_, select

from app.catalog.tables import products
from app.core.ports.database import Database
from app.core.rows import columns_of, part
from app.core.statements import built_once
from app.media import Asset
from app.media.tables import assets
from app.personalization.model import Generation, KnownDesign
from app.personalization.order_rules import LineParts, Order, OrderItem
from app.personalization.print_sizes import Size
from app.personalization.queries.offers import SIZE, with_size
from app.personalization.tables import generations, order_items, orders
from app.shops.tables import shoppers


async def item_with_order(db: Database, shop_id: str, item_id: str) -> tuple[OrderItem, Order] | None:
    row = await db.one(_item_with_order(shop_id, item_id))
    item, order = (part(row, OrderItem, "item"), part(row, Order, "order")) if row else (None, None)
    return (item, order) if item and order else None


@built_once
def _item_with_order(shop_id: str, item_id: str) -> Any:
    return (
        select(*columns_of(OrderItem, order_items, "item"), *columns_of(Order, orders, "order"))
        .join(orders, orders.c.id == order_items.c.order_id)
        .where(order_items.c.shop_id == shop_id, order_items.c.id == item_id)
    )


async def line_parts(db: Database, shop_id: str, item_id: str) -> LineParts | None:
    """Read a line with its design, its size, and the design's master and photo. A deleted picture is None."""
    row = await db.one(_line_parts(shop_id, item_id))
    item = part(row, OrderItem, "item") if row else None
    if row is None or item is None:
        return None
    design, size = part(row, Generation, "design"), part(row, Size, "size")
    return LineParts(item, design, size, part(row, Asset, "master"), part(row, Asset, "photo"))


@built_once
def _line_parts(shop_id: str, item_id: str) -> Any:
    master, photo = assets.alias("master"), assets.alias("photo")
    design = and_(generations.c.id == order_items.c.preview_generation_id, generations.c.generation_type == "preview")
    rows = (
        order_items.outerjoin(generations, design)
        .outerjoin(master, and_(master.c.id == generations.c.master_asset_id, master.c.deleted_at.is_(None)))
        .outerjoin(photo, and_(photo.c.id == generations.c.upload_asset_id, photo.c.deleted_at.is_(None)))
    )
    return (
        select(
            *columns_of(OrderItem, order_items, "item"),
            *columns_of(Generation, generations, "design"),
            *SIZE,
            *columns_of(Asset, master, "master"),
            *columns_of(Asset, photo, "photo"),
        )
        .select_from(with_size(shop_id, rows, order_items.c.size_id))
        .where(order_items.c.shop_id == shop_id, order_items.c.id == item_id)
    )


async def known_design(db: Database, shop_id: str, generation_id: str) -> KnownDesign | None:
    """Read a design with the facts that an order line is compared to."""
    row = await db.one(_known_design(shop_id, generation_id))
    design = part(row, Generation, "design") if row else None
    if row is None or design is None:
        return None
    size = (row["width"], row["height"]) if row["width"] and row["height"] else None
    return KnownDesign(design, size, row["shopify_product_id"], row["shopify_customer_id"])


@built_once
def _known_design(shop_id: str, generation_id: str) -> Any:
    master = and_(assets.c.id == generations.c.master_asset_id, assets.c.deleted_at.is_(None))
    return (
        select(
            *columns_of(Generation, generations, "design"),
            assets.c.width,
            assets.c.height,
            products.c.shopify_product_id,
            shoppers.c.shopify_customer_id,
        )
        .outerjoin(assets, master)
        .outerjoin(products, products.c.id == generations.c.product_id)
        .outerjoin(shoppers, shoppers.c.id == generations.c.shopper_id)
        .where(
            generations.c.shop_id == shop_id,
            generations.c.id == generation_id,
            generations.c.generation_type == "preview",
        )
    )
