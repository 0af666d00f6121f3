"""Tables of products."""

from __future__ import annotations

from sqlalchemy import Index, Table, UniqueConstraint

from app.core.tables import (
    ShopRedact,
    flag,
    json_column,
    key,
    metadata,
    number,
    on_shop_redact,
    shop_key,
    stamps,
    text,
    time,
)

products = Table(
    "products",
    metadata,
    key(),
    shop_key(),
    text("shopify_product_id", nullable=True),
    text("title"),
    text("description", nullable=True),
    text("sku", nullable=True),
    text("vendor", nullable=True),
    text("handle", nullable=True),
    *json_column("custom_fields"),
    flag("is_enabled", default=True),
    flag("is_active", default=True),
    time("archived_at"),
    time("synced_at"),
    *stamps(),
    *json_column("variants"),
    number("variant_count", None),
    UniqueConstraint("shop_id", "shopify_product_id"),
    Index("ix_products_title", "shop_id", "title", "id"),
    Index("ix_products_enabled", "shop_id", "title", "id", info={"where": "is_enabled = 1 AND archived_at IS NULL"}),
    info=on_shop_redact(ShopRedact.DELETED),
)
