"""Tables of personalization: sizes, styles, blanks (product bases) and their variants, watermarks, designs, orders."""

from __future__ import annotations

from sqlalchemy import Column, ColumnElement, ForeignKey, Index, Table, Text, UniqueConstraint, and_, literal_column
from sqlalchemy import text as text_clause

from app.core.tables import (
    ShopRedact,
    flag,
    json_column,
    key,
    metadata,
    number,
    on_shop_redact,
    one_of,
    real,
    ref,
    shop_key,
    stamps,
    text,
    time,
)
from app.generation import file_column, lifecycle_columns, owner_columns, owner_keys

UNORDERED_WITH_PICTURES = (
    "pinned_at IS NULL AND (master_asset_id IS NOT NULL OR preview_asset_id IS NOT NULL OR mockup_asset_id IS NOT NULL)"
)
"""The designs that the retention sweep looks for.

SQLite uses the index only for a query with the same condition, its alternatives in the same order.
"""

UNSENT = "state = 'ready' AND sent_to_printer_at IS NULL AND print_asset_id IS NOT NULL"
"""The lines whose print file is ready and was not marked as sent to the printer."""

sizes = Table(
    "sizes",
    metadata,
    key(),
    shop_key(),
    ref("product_id", "products.id", ondelete="RESTRICT", index=False),
    text("shopify_variant_id", nullable=True),
    text("name"),
    number("width_px"),
    number("height_px"),
    flag("is_active", default=True),
    number("sort_order"),
    *stamps(),
    Index("ix_sizes_variant", "shop_id", "shopify_variant_id"),
    Index(None, "product_id", "shop_id"),
    Index("ix_sizes_named", "shop_id", "name", "width_px", "height_px", "id", info={"where": "is_active = 1"}),
    info=on_shop_redact(ShopRedact.DELETED),
)

ai_styles = Table(
    "ai_styles",
    metadata,
    key(),
    shop_key(index=True),
    text("name"),
    text("prompt_template"),
    ref("example_asset_id", "assets.id", ondelete="SET NULL", nullable=True),
    ref("reference_asset_id", "assets.id", ondelete="SET NULL", nullable=True),
    flag("is_active", default=True),
    number("sort_order"),
    number("usage_count"),
    *stamps(),
    text("starter", nullable=True),
    time("archived_at"),
    Index("uq_ai_styles_starter", "shop_id", "starter", unique=True),
    info=on_shop_redact(ShopRedact.DELETED),
)

product_styles = Table(
    "product_styles",
    metadata,
    key(),
    shop_key(),
    ref("product_id", "products.id", ondelete="CASCADE", index=False),
    ref("ai_style_id", "ai_styles.id", ondelete="CASCADE"),
    number("sort_order"),
    flag("is_enabled", default=True),
    *stamps(),
    UniqueConstraint("product_id", "ai_style_id"),
    Index(None, "shop_id", "product_id"),
    info=on_shop_redact(ShopRedact.DELETED),
)

product_bases = Table(
    "product_bases",
    metadata,
    key(),
    shop_key(index=True),
    text("name"),
    text("description", nullable=True),
    *json_column("option_names"),
    number("base_price", None),
    text("currency", nullable=True),
    *json_column("mockup"),
    Column("print_format", Text, nullable=False, server_default="jpg"),
    ref("profile_asset_id", "assets.id", ondelete="SET NULL", nullable=True),
    Column("intent", Text, nullable=False, server_default="relative"),
    Column("background", Text, nullable=False, server_default="#ffffff"),
    flag("is_active", default=True),
    number("sort_order"),
    *stamps(),
    one_of("print_format", "jpg", "png", "tiff", "tiff-deflate", "pdf"),
    one_of("intent", "relative", "perceptual"),
    text("starter", nullable=True),
    Index("uq_product_bases_starter", "shop_id", "starter", unique=True),
    info=on_shop_redact(ShopRedact.DELETED),
)

product_base_variants = Table(
    "product_base_variants",
    metadata,
    key(),
    shop_key(index=True),
    ref("product_base_id", "product_bases.id", ondelete="CASCADE"),
    text("name"),
    *json_column("option_values"),
    number("width_px"),
    number("height_px"),
    real("bleed_mm", 0),
    real("safe_mm", 0),
    number("dpi", 300),
    number("price_modifier"),
    flag("is_active", default=True),
    number("sort_order"),
    *stamps(),
    info=on_shop_redact(ShopRedact.DELETED),
)

product_product_bases = Table(
    "product_product_bases",
    metadata,
    key(),
    shop_key(),
    ref("product_id", "products.id", ondelete="CASCADE", index=False),
    ref("product_base_id", "product_bases.id", ondelete="CASCADE"),
    flag("is_enabled", default=True),
    number("sort_order"),
    *stamps(),
    UniqueConstraint("product_id", "product_base_id"),
    Index(None, "shop_id", "product_base_id"),
    Index(None, "shop_id", "product_id"),
    info=on_shop_redact(ShopRedact.DELETED),
)

product_base_variant_mappings = Table(
    "product_base_variant_mappings",
    metadata,
    key(),
    shop_key(index=True),
    ref("product_id", "products.id", ondelete="CASCADE"),
    ref("product_base_variant_id", "product_base_variants.id", ondelete="CASCADE"),
    text("shopify_variant_id"),
    flag("is_active", default=True),
    *stamps(),
    Index(
        "uq_product_base_variant_mappings_active",
        "product_id",
        "shopify_variant_id",
        unique=True,
        info={"where": "is_active = 1"},
    ),
    info=on_shop_redact(ShopRedact.DELETED),
)

watermarks = Table(
    "watermarks",
    metadata,
    key(),
    Column("shop_id", Text, ForeignKey("shops.id", ondelete="CASCADE"), nullable=False, unique=True),
    ref("asset_id", "assets.id", ondelete="SET NULL", nullable=True),
    text("text", nullable=True),
    real("opacity", 0.3),
    Column("position", Text, nullable=False, server_default="bottom-right"),
    real("size_percentage", 10),
    flag("is_active", default=True),
    *stamps(),
    one_of("position", "top-left", "top-right", "bottom-left", "bottom-right", "center", "tiled"),
    info=on_shop_redact(ShopRedact.DELETED),
)

orders = Table(
    "orders",
    metadata,
    key(),
    shop_key(),
    text("shopify_order_id"),
    text("customer_id", nullable=True),
    text("order_number", nullable=True),
    number("total_price", None),
    text("currency", nullable=True),
    Column("status", Text, nullable=False, server_default="open"),
    time("paid_at"),
    time("cancelled_at"),
    flag("is_test", default=False),
    *stamps(),
    time("as_of"),
    number("revision"),
    time("customer_as_of"),
    UniqueConstraint("shop_id", "shopify_order_id"),
    Index("ix_orders_number", "shop_id", text_clause("order_number COLLATE BINARY"), "id"),
    Index(None, "shop_id", "customer_id"),
    one_of("status", "open", "paid", "partially_refunded", "refunded", "cancelled"),
    info=on_shop_redact(ShopRedact.DELETED),
)

generations = Table(
    "generations",
    metadata,
    key(),
    shop_key(),
    ref("product_id", "products.id", ondelete="RESTRICT"),
    ref("ai_style_id", "ai_styles.id", ondelete="RESTRICT"),
    ref("order_id", "orders.id", ondelete="RESTRICT", nullable=True),
    ref("size_id", "sizes.id", ondelete="RESTRICT", nullable=True),
    *owner_columns(index=False),
    file_column("upload", index=False),
    *[file_column(purpose) for purpose in ("master", "preview", "final")],
    text("generation_type"),
    *lifecycle_columns(),
    *json_column("crop"),
    text("ai_prompt_used"),
    *json_column("generation_params"),
    Column("upscale_status", Text, nullable=False, server_default="not_needed"),
    real("upscale_factor"),
    number("original_width", None),
    number("original_height", None),
    number("final_width", None),
    number("final_height", None),
    time("upscale_started_at"),
    time("upscale_completed_at"),
    time("pinned_at"),
    text("quota_period", nullable=True),
    *stamps(),
    *json_column("preflight"),
    file_column("mockup", index=False),
    number("tiles", None),
    number("tiles_fell_back", None),
    *owner_keys(),
    Index(None, "shop_id", "id"),
    Index(None, "shop_id", "shopper_id", "id"),
    Index(None, "shop_id", "guest_session_id"),
    Index(None, "shop_id", "created_at"),
    Index(None, "upload_asset_id", "shop_id"),
    Index(None, "mockup_asset_id", info={"where": "mockup_asset_id IS NOT NULL"}),
    Index("ix_generations_unwanted", "shop_id", "updated_at", info={"where": UNORDERED_WITH_PICTURES}),
    one_of("upscale_status", "not_needed", "pending", "processing", "completed", "failed"),
    info=on_shop_redact(ShopRedact.DELETED),
)

order_items = Table(
    "order_items",
    metadata,
    key(),
    shop_key(),
    ref("order_id", "orders.id", ondelete="CASCADE", index=False),
    text("shopify_line_item_id"),
    text("title", nullable=True),
    number("quantity", 1),
    text("shopify_product_id", nullable=True),
    text("shopify_variant_id", nullable=True),
    text("preview_ref"),
    ref("preview_generation_id", "generations.id", ondelete="RESTRICT", nullable=True),
    ref("final_generation_id", "generations.id", ondelete="RESTRICT", nullable=True),
    ref("print_asset_id", "assets.id", ondelete="RESTRICT", nullable=True),
    ref("size_id", "sizes.id", ondelete="RESTRICT", nullable=True),
    Column("state", Text, nullable=False, server_default="waiting"),
    text("reason", nullable=True),
    *stamps(),
    time("approved_at"),
    ref("proposed_generation_id", "generations.id", ondelete="RESTRICT", nullable=True, index=False),
    text("unread", nullable=True),
    time("sent_to_printer_at"),
    UniqueConstraint("shop_id", "shopify_line_item_id"),
    Index(None, "proposed_generation_id", info={"where": "proposed_generation_id IS NOT NULL"}),
    Index(None, "order_id", "shop_id"),
    Index(None, "shop_id", "created_at", "id"),
    Index(None, "shop_id", "state", "created_at", "id"),
    Index("ix_order_items_unsent", "shop_id", "state", "created_at", "id", info={"where": UNSENT}),
    one_of("state", "waiting", "queued", "printing", "ready", "needs_review", "unmapped", "failed", "cancelled"),
    info=on_shop_redact(ShopRedact.DELETED),
)

print_archives = Table(
    "print_archives",
    metadata,
    key(),
    Column("shop_id", Text, ForeignKey("shops.id", ondelete="CASCADE"), nullable=False, unique=True),
    Column("status", Text, nullable=False, server_default="pending"),
    number("progress"),
    flag("with_sent", default=False),
    time("since"),
    time("until"),
    ref("asset_id", "assets.id", ondelete="SET NULL", nullable=True),
    *json_column("print_asset_ids"),
    number("missing"),
    flag("has_more", default=False),
    text("error_message", nullable=True),
    time("sent_at"),
    time("completed_at"),
    *stamps(),
    one_of("status", "pending", "processing", "completed", "failed", "cancelled"),
    info=on_shop_redact(ShopRedact.DELETED),
)


def is_ready() -> ColumnElement[bool]:
    """Return the condition that a line has a print file that can be sent."""
    return and_(order_items.c.state == literal_column("'ready'"), order_items.c.print_asset_id.is_not(None))


def is_unsent() -> ColumnElement[bool]:
    """Return the condition UNSENT of the partial index ix_order_items_unsent, with literal values.

    With bound values, SQLite cannot tell that the index applies.
    """
    return and_(is_ready(), order_items.c.sent_to_printer_at.is_(None))
