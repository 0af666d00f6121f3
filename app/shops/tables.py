"""Tables of shops, access tokens, visitors, rate limits and webhook deliveries."""

from __future__ import annotations

from sqlalchemy import Column, Index, PrimaryKeyConstraint, Table, Text, UniqueConstraint

from app.core.tables import (
    ShopRedact,
    flag,
    json_column,
    key,
    metadata,
    number,
    on_shop_redact,
    one_of,
    shop_key,
    stamps,
    text,
    time,
)

shops = Table(
    "shops",
    metadata,
    Column("id", Text, primary_key=True, comment="the myshopify domain"),
    text("shop_name", nullable=True),
    text("email", nullable=True),
    Column("plan_name", Text, nullable=False, server_default="starter"),
    text("scope", nullable=True),
    Column("currency", Text, nullable=False, server_default="USD"),
    Column("timezone", Text, nullable=False, server_default="UTC"),
    Column("locale", Text, nullable=False, server_default="en"),
    flag("is_active", default=True),
    time("installed_at"),
    time("uninstalled_at"),
    *json_column("settings"),
    text("ai_key_cipher", nullable=True),
    *stamps(),
    time("proven_at"),
    time("access_lost_at"),
    time("mailed_at"),
    time("block_seen_at"),
    info=on_shop_redact(ShopRedact.LAST),
)

access_tokens = Table(
    "access_tokens",
    metadata,
    shop_key(),
    Column("kind", Text, nullable=False),
    text("access_cipher"),
    time("access_expires_at"),
    text("refresh_cipher", nullable=True),
    time("refresh_expires_at"),
    text("scope", nullable=True),
    number("version", 1),
    text("refresh_lease", nullable=True),
    time("refresh_lease_until"),
    *stamps(),
    PrimaryKeyConstraint("shop_id", "kind"),
    one_of("kind", "offline", "online"),
    Index("ix_access_tokens_refresh_expires_at", "refresh_expires_at"),
    info=on_shop_redact(ShopRedact.DELETED),
)

oauth_states = Table(
    "oauth_states",
    metadata,
    Column("state_hash", Text, primary_key=True),
    text("shop_id"),
    time("expires_at", nullable=False),
    *stamps(),
    Index("ix_oauth_states_expires_at", "expires_at"),
    info=on_shop_redact(ShopRedact.DELETED),
)

shoppers = Table(
    "shoppers",
    metadata,
    key(),
    shop_key(),
    text("shopify_customer_id"),
    *stamps(),
    UniqueConstraint("shop_id", "shopify_customer_id"),
    info=on_shop_redact(ShopRedact.DELETED),
)

guest_sessions = Table(
    "guest_sessions",
    metadata,
    key(),
    shop_key(),
    text("token_hash"),
    time("expires_at", nullable=False),
    *stamps(),
    UniqueConstraint("shop_id", "token_hash"),
    info=on_shop_redact(ShopRedact.DELETED),
)

rate_limits = Table(
    "rate_limits",
    metadata,
    Column("key", Text, primary_key=True),
    time("window_start", nullable=False),
    number("count"),
    time("expires_at", nullable=False),
    Index("ix_rate_limits_expires_at", "expires_at"),
    info=on_shop_redact(ShopRedact.LAST),
)

webhook_deliveries = Table(
    "webhook_deliveries",
    metadata,
    key(),
    text("shop_id"),
    text("topic"),
    text("event_id"),
    text("webhook_id", nullable=True),
    time("triggered_at"),
    Column("status", Text, nullable=False, server_default="received"),
    *json_column("fields"),
    text("error", nullable=True),
    *stamps(),
    Column("job_kind", Text, nullable=False, server_default=""),
    text("customer_id", nullable=True),
    UniqueConstraint("shop_id", "topic", "event_id", "job_kind"),
    Index("ix_webhook_deliveries_failed", "shop_id", "created_at", info={"where": "status = 'failed'"}),
    Index("ix_webhook_deliveries_customer", "shop_id", "customer_id", info={"where": "customer_id IS NOT NULL"}),
    one_of("status", "received", "done", "failed", "ignored"),
    info=on_shop_redact(ShopRedact.LAST),
)
