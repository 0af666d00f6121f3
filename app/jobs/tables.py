"""The table of jobs. No foreign keys: a job outlives its subject."""

from __future__ import annotations

from sqlalchemy import Column, Index, Table, Text, text

from app.core.tables import json_column, key, metadata, number, one_of, stamps, time
from app.core.tables import text as text_column

jobs = Table(
    "jobs",
    metadata,
    key(),
    text_column("shop_id"),
    text_column("kind"),
    text_column("subject_id"),
    Column("dedupe_key", Text, nullable=False, unique=True),
    *json_column("payload"),
    Column("status", Text, nullable=False, server_default="pending"),
    number("priority"),
    time("run_at", nullable=False),
    number("attempts"),
    text_column("lease_token", nullable=True),
    time("lease_until"),
    time("hinted_at"),
    text_column("last_error", nullable=True),
    number("progress"),
    *stamps(),
    one_of("status", "pending", "running", "done", "failed", "dead", "cancelled"),
    Index(
        "ix_jobs_open",
        "priority",
        "run_at",
        sqlite_where=text("status IN ('pending', 'running')"),
        postgresql_where=text("status IN ('pending', 'running')"),
    ),
)
