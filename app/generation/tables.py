"""The columns common to all tables of generations, and the tables that log calls to models."""

from __future__ import annotations

from sqlalchemy import Column, Index, PrimaryKeyConstraint, Table, Text
from sqlalchemy.schema import SchemaItem

from app.core.tables import (
    ShopRedact,
    flag,
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
from app.generation.model import Status


def lifecycle_columns() -> tuple[SchemaItem, ...]:
    """Return the columns that the lifecycle reads and writes, with their check constraints.

    The table must also have `id`, `shop_id`, `created_at` and `updated_at`.
    """
    return (
        Column("status", Text, nullable=False, server_default=Status.PENDING.value),
        number("progress"),
        text("error_code", nullable=True),
        text("error_message", nullable=True),
        text("model_used", nullable=True),
        number("duration_ms", None),
        number("cost_micros", None),
        text("idempotency_key", nullable=True),
        time("started_at"),
        time("completed_at"),
        one_of("status", *Status),
    )


api_usage = Table(
    "api_usage",
    metadata,
    key(),
    shop_key(),
    text("job_id"),
    text("operation"),
    text("subject_type"),
    text("subject_id"),
    text("api_type"),
    text("service"),
    text("model"),
    number("images_requested"),
    number("images_returned"),
    number("prompt_chars"),
    number("input_tokens"),
    number("output_tokens"),
    number("cost_micros"),
    flag("success", default=False),
    text("error_code", nullable=True),
    text("error_message", nullable=True),
    number("duration_ms", None),
    *stamps(),
    Index("ix_api_usage_subject", "shop_id", "subject_id"),
    info=on_shop_redact(ShopRedact.DELETED, about="subject_id"),
)

api_usage_daily = Table(
    "api_usage_daily",
    metadata,
    shop_key(),
    text("day"),
    text("operation"),
    text("service"),
    text("model"),
    number("calls"),
    number("failures"),
    number("images"),
    number("input_tokens"),
    number("output_tokens"),
    number("cost_micros"),
    *stamps(),
    PrimaryKeyConstraint("shop_id", "day", "operation", "service", "model"),
    info=on_shop_redact(ShopRedact.DELETED),
)
