"""Rate limits: a counter per key and window, counted in a batch of its own so that refusals count too."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import timedelta

from app.core.app import App
from app.core.errors import TooMany
from app.shops import queries


async def hit(app: App, limits: Mapping[str, int], *, window: timedelta) -> None:
    """Count one hit for each key. Raises TooMany, with the seconds until the window ends, past its limit a window."""
    now = app.clock.now()
    results = await app.db.batch(*[queries.count_hit(key, now, window) for key in limits])
    for limit, result in zip(limits.values(), results, strict=True):
        row = result.rows[0]
        if row["count"] > limit:
            raise TooMany(retry_after=max(1, math.ceil((row["expires_at"] - now).total_seconds())))
