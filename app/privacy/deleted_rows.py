"""Removes what remains of deleted rows in the database's files, if they are on this machine (SQLite)."""

from __future__ import annotations

from app.core.app import App
from app.core.errors import Unavailable
from app.core.scrubbing import Scrubs


async def scrub(app: App) -> int:
    """Remove the remains of deleted rows from the database's files.

    It runs after each deletion and also every minute, because a long-running read can prevent it. Returns 0, because as
    a sweep it changes no rows.
    """
    if isinstance(app.db, Scrubs) and not await _is_clean(app.db):
        app.log.warning("deleted_rows_in_log")
    return 0


async def _is_clean(db: Scrubs) -> bool:
    try:
        return await db.scrub()
    except Unavailable:
        return False
