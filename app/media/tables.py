"""The table of stored files."""

from __future__ import annotations

from sqlalchemy import Column, Index, Table, Text

from app.core.tables import ShopRedact, key, metadata, number, on_shop_redact, ref, shop_key, stamps, text, time

assets = Table(
    "assets",
    metadata,
    key(),
    shop_key(),
    Column("key", Text, nullable=False, unique=True),
    text("purpose"),
    text("filename", nullable=True),
    text("mime"),
    number("bytes"),
    number("width", None),
    number("height", None),
    text("sha256", nullable=True),
    ref("parent_asset_id", "assets.id", ondelete="SET NULL", nullable=True, index=False),
    text("owner_type", nullable=True),
    text("owner_id", nullable=True),
    ref("shopper_id", "shoppers.id", ondelete="SET NULL", nullable=True, index=False),
    ref("guest_session_id", "guest_sessions.id", ondelete="SET NULL", nullable=True),
    time("expires_at"),
    time("deleted_at"),
    *stamps(),
    time("arrived_at"),
    Index(None, "shop_id", "id"),
    Index(None, "shopper_id", "shop_id"),
    Index(None, "parent_asset_id", info={"where": "parent_asset_id IS NOT NULL"}),
    Index("ix_assets_due", "expires_at", info={"where": "deleted_at IS NULL AND expires_at IS NOT NULL"}),
    Index("ix_assets_deleted", "id", info={"where": "deleted_at IS NOT NULL"}),
    Index("ix_assets_live_bytes", "shop_id", "bytes", info={"where": "deleted_at IS NULL"}),
    info=on_shop_redact(ShopRedact.DELETED),
)
