"""Which database a command of the operator's means."""

from __future__ import annotations

import os


def database_url() -> str:
    """These commands need no other setting."""
    return os.environ.get("DATABASE_URL") or "sqlite:///var/artify.db"
