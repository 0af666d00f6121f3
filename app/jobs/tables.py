"""The table of jobs. No foreign keys: a job outlives its subject."""

from __future__ import annotations

from sqlalchemy import Column, Index, Table, Text

from app.core.tables import json_column, key, metadata, number, one_of, stamps, text, time

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
    time("hinted_at"),
    text("last_error", nullable=True),
    number("progress"),
    *stamps(),
    one_of("status", "pending", "running", "done", "failed", "dead", "cancelled"),
    Index("ix_jobs_shop_id_status", "shop_id", "status"),
    Index("ix_jobs_open", "priority", "run_at", info={"where": "status IN ('pending', 'running')"}),
)
