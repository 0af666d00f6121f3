"""Rate limits: a counter per key and window, counted in a batch of its own so that refusals count too."""

from __future__ import annotations

import math
from datetime import timedelta

from app.core.app import App
from app.core.errors import TooMany
from app.shops import queries


async def hit(app: App, key: str, *, limit: int, window: timedelta) -> None:
    """Count one hit. Raises TooMany, with the seconds until the window ends, past `limit` hits a window."""
    now = app.clock.now()
    (result,) = await app.db.batch(queries.count_hit(key, now, window))
    row = result.rows[0]
    if row["count"] > limit:
        raise TooMany(retry_after=max(1, math.ceil((row["expires_at"] - now).total_seconds())))
