"""Tables of generations and the columns common to them, and the tables that log calls to models."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Column, Index, PrimaryKeyConstraint, Table, Text, UniqueConstraint
from sqlalchemy.schema import SchemaItem

from app.core.tables import (
    ShopRedact,
    flag,
    key,
    metadata,
    number,
    on_shop_redact,
    one_of,
    ref,
    shop_key,
    stamps,
    text,
    time,
)
from app.generation.model import Status


def shopper_table(name: str, *columns: SchemaItem, status: str = "status") -> Table:
    """Return the table of a kind that shoppers request: the columns of ShopperRow, and the kind's own.

    shop/redact deletes its rows. `status` is `Kind.status`.
    """
    return _table(name, status, (*owner_columns(), *columns), owner_keys())


def merchant_table(name: str, *columns: SchemaItem, status: str = "status") -> Table:
    """Return the table of a kind that merchants request: the columns of GenerationRow, and the kind's own.

    shop/redact deletes its rows. `status` is `Kind.status`.
    """
    return _table(name, status, columns, (UniqueConstraint("shop_id", "idempotency_key"),))


def _table(name: str, status: str, columns: Sequence[SchemaItem], constraints: Sequence[SchemaItem]) -> Table:
    return Table(
        name,
        metadata,
        key(),
        shop_key(),
        text("quota_period", nullable=True),
        *columns,
        *lifecycle_columns(status),
        *stamps(),
        *constraints,
        Index(None, "shop_id", "id"),
        info=on_shop_redact(ShopRedact.DELETED),
    )


def output_table(name: str, generations: Table, parent: str, *columns: SchemaItem) -> Table:
    """Return the table of a kind's outputs (see `Output.several`), with the kind's own columns.

    `parent` is the column with the id of the row of `generations` that an output belongs to.
    """
    return Table(
        name,
        metadata,
        key(),
        shop_key(),
        ref(parent, f"{generations.name}.id", ondelete="CASCADE"),
        number("position"),
        ref("asset_id", "assets.id", ondelete="SET NULL", nullable=True),
        *columns,
        *stamps(),
        UniqueConstraint(parent, "position"),
        Index(None, "shop_id", "id"),
        info=on_shop_redact(ShopRedact.DELETED) | {"parent": parent},
    )


def owner_columns(*, index: bool = True) -> tuple[SchemaItem, ...]:
    """Return the columns with the owner of a row that belongs to a shopper or to a guest session.

    Without `index`, the table needs indexes of its own on them.
    """
    return (
        ref("shopper_id", "shoppers.id", ondelete="SET NULL", nullable=True, index=index),
        ref("guest_session_id", "guest_sessions.id", ondelete="SET NULL", nullable=True, index=index),
    )


def owner_keys() -> tuple[SchemaItem, ...]:
    """Return the constraints by which each owner of `owner_columns` uses an idempotency key once."""
    return UniqueConstraint("shopper_id", "idempotency_key"), UniqueConstraint("guest_session_id", "idempotency_key")


def file_column(purpose: str, *, index: bool = True) -> Column[str]:
    """Return the column `{purpose}_asset_id` for the id of a file, which is NULL once the file's row is deleted.

    Without `index`, the table needs an index of its own on it.
    """
    return ref(f"{purpose}_asset_id", "assets.id", ondelete="SET NULL", nullable=True, index=index)


def lifecycle_columns(status: str = "status") -> tuple[SchemaItem, ...]:
    """Return the columns that the lifecycle reads and writes, with their check constraints.

    The table must also have `id`, `shop_id`, `created_at` and `updated_at`. `status` is `Kind.status`.
    """
    return (
        Column(status, Text, nullable=False, server_default=Status.PENDING.value),
        number("progress"),
        text("error_code", nullable=True),
        text("error_message", nullable=True),
        text("model_used", nullable=True),
        number("duration_ms", None),
        number("cost_micros", None),
        text("idempotency_key", nullable=True),
        time("started_at"),
        time("completed_at"),
        one_of(status, *Status),
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
