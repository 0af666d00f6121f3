"""Hints that were lost, or whose job's time has come only now."""

from __future__ import annotations

from datetime import timedelta

from app.core.app import App
from app.jobs import queries

MOST_HINTS = 100
HINT_LIFE = timedelta(minutes=1)
"""After so long without a run, a hint is taken for lost. Hints that come twice do no harm."""


async def rehint(app: App) -> int:
    """Hint again at up to 100 jobs that may run and whose hint is old; how many."""
    now = app.clock.now()
    (hinted,) = await app.db.batch(queries.hint_again(now, now - HINT_LIFE, MOST_HINTS))
    await app.queue.wake(*[str(row["id"]) for row in hinted.rows])
    return len(hinted.rows)
