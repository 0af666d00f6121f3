"""The database that a command uses."""

from __future__ import annotations

import os


def database_url() -> str:
    """Return DATABASE_URL, the only setting that these commands need."""
    return os.environ.get("DATABASE_URL") or "sqlite:///var/artify.db"
