"""The tables of requests about personal data, of the audit log, and of the sweeps' progress."""

from __future__ import annotations

from sqlalchemy import Column, Index, Table, Text

from app.core.tables import (
    ShopRedact,
    json_column,
    key,
    metadata,
    on_shop_redact,
    one_of,
    ref,
    shop_key,
    stamps,
    text,
    time,
)

privacy_requests = Table(
    "privacy_requests",
    metadata,
    key(),
    shop_key(),
    text("kind"),
    text("shopify_customer_id", nullable=True),
    Column("state", Text, nullable=False, server_default="open"),
    text("asked_by"),
    ref("asset_id", "assets.id", ondelete="SET NULL", nullable=True),
    time("completed_at"),
    *stamps(),
    one_of("kind", "export", "redaction"),
    one_of("state", "open", "done", "failed"),
    Index("ix_privacy_requests_shop", "shop_id", "id"),
    Index(
        "ix_privacy_requests_customer",
        *("shop_id", "shopify_customer_id"),
        info={"where": "shopify_customer_id IS NOT NULL"},
    ),
    info=on_shop_redact(ShopRedact.DELETED),
)

audit_log = Table(
    "audit_log",
    metadata,
    key(),
    text("shop_id"),
    text("actor"),
    text("action"),
    text("subject"),
    time("at", nullable=False),
    *json_column("detail"),
    *stamps(),
    Index("ix_audit_log_shop", "shop_id", "id"),
    info=on_shop_redact(ShopRedact.KEPT),
)

sweeps = Table(
    "sweeps",
    metadata,
    Column("name", Text, primary_key=True),
    text("cursor", nullable=True),
    time("begun_at", nullable=False),
    *stamps(),
    info=on_shop_redact(ShopRedact.KEPT),
)
