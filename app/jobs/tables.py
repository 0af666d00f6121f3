"""The table of jobs. No foreign keys: a job outlives its subject."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Column, ColumnElement, Index, Table, Text, and_, literal_column

from app.core.tables import ShopRedact, json_column, key, metadata, number, on_shop_redact, one_of, stamps, text, time

jobs = Table(
    "jobs",
    metadata,
    key(),
    text("shop_id"),
    text("kind"),
    text("subject_id"),
    Column("dedupe_key", Text, nullable=False, unique=True),
    *json_column("payload"),
    Column("status", Text, nullable=False, server_default="pending"),
    number("priority"),
    time("run_at", nullable=False),
    number("attempts"),
    text("lease_token", nullable=True),
    time("lease_until"),
    text("lease_order", nullable=True),
    time("woken_at"),
    text("last_error", nullable=True),
    number("progress"),
    text("lane", nullable=True),
    *stamps(),
    one_of("status", "pending", "running", "done", "failed", "dead", "cancelled"),
    Index("ix_jobs_shop_id_status", "shop_id", "status"),
    Index("ix_jobs_shop_id_lease_order", "shop_id", "lease_order"),
    Index("ix_jobs_shop_id_subject_id", "shop_id", "subject_id"),
    Index(
        "ix_jobs_open",
        *("status", "priority", "shop_id", "kind", "run_at", "id"),
        info={"where": "status IN ('pending', 'running')"},
    ),
    Index(
        "ix_jobs_given_up",
        *("shop_id", "kind", "subject_id", "status", "id"),
        info={"where": "status IN ('failed', 'dead')"},
    ),
    info=on_shop_redact(ShopRedact.LAST, about="subject_id"),
)


def is_open(table: Any) -> ColumnElement[bool]:
    """Return the condition of the partial index ix_jobs_open, with literal values.

    With bound values, SQLite cannot tell that the index applies, and reads every job of the last month.
    """
    condition: ColumnElement[bool] = table.c.status.in_([literal_column("'pending'"), literal_column("'running'")])
    return condition


def is_given_up(table: Any) -> ColumnElement[bool]:
    """Return the condition of the partial index ix_jobs_given_up, with literal values for the same reason."""
    condition: ColumnElement[bool] = table.c.status.in_([literal_column("'failed'"), literal_column("'dead'")])
    return condition


def is_pending(table: Any) -> ColumnElement[bool]:
    return and_(is_open(table), table.c.status == "pending")


def is_abandoned(table: Any, now: datetime) -> ColumnElement[bool]:
    """Return the condition that a job's worker has died: the job is running and its lease has expired."""
    return and_(is_open(table), table.c.status == "running", table.c.lease_until <= now)
