"""The table of a shop's limits."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Table, Text

from app.core.tables import ShopRedact, metadata, number, on_shop_redact, stamps, text, time
from app.quotas.model import CONCURRENT_FOR_MERCHANTS, CONCURRENT_GENERATIONS, MONTHLY_GENERATIONS

quotas = Table(
    "quotas",
    metadata,
    Column("shop_id", Text, ForeignKey("shops.id", ondelete="CASCADE"), primary_key=True),
    number("monthly_generation_limit", MONTHLY_GENERATIONS),
    number("storage_quota_bytes", 1000 * 1024 * 1024),
    number("max_concurrent", CONCURRENT_GENERATIONS),
    text("period"),
    number("current_generations"),
    number("running"),
    number("current_storage_bytes"),
    time("last_reset_at", nullable=False),
    number("total_generations"),
    *stamps(),
    number("merchant_max_concurrent", CONCURRENT_FOR_MERCHANTS),
    number("merchant_running"),
    info=on_shop_redact(ShopRedact.DELETED),
)
