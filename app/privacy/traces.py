"""What the database's own files still hold of deleted rows, where it keeps its files on this machine (SQLite)."""

from __future__ import annotations

from app.core.app import App
from app.core.errors import Unavailable
from app.core.scrubbing import Scrubs


async def scrub(app: App) -> int:
    """Get rid of it: after each deletion, and every minute, since somebody's long read can hold it up.

    Returns 0, as a sweep that changed no row.
    """
    if isinstance(app.db, Scrubs) and not await _is_clean(app.db):
        app.log.warning("deleted_rows_in_log")
    return 0


async def _is_clean(db: Scrubs) -> bool:
    try:
        return await db.scrub()
    except Unavailable:
        return False
