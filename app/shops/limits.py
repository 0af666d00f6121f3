"""Rate limits: a counter per key and window. A refused hit is counted nowhere, and so costs no write."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from app.core.app import App
from app.core.errors import Refused, TooMany
from app.core.ports import Expect
from app.core.spent import Spent
from app.shops import queries


async def hit(app: App, limits: Mapping[str, int], spent: Spent, *, window: timedelta) -> None:
    """Count one hit for each key, or for none of them when one has had as many in its window as it may.

    So a flood that one key stops takes nothing of what others share with it. Concurrent callers should name what is
    shared most last: its row stays locked for the shortest time. Raises TooMany.
    """
    now, keys = app.clock.now(), list(limits)
    spent.refuse(keys, now)
    counting = [
        Expect(queries.count_hit(key, limits[key], now, window), f"{_CODE}{place}") for place, key in enumerate(keys)
    ]
    try:
        await app.db.batch(*counting)
    except Refused as refused:
        key = keys[int(refused.code.removeprefix(_CODE))]
        app.log.info("limit_reached", limit=key.partition(":")[0])
        spent.add(key, await queries.window_end(app.db, key) or now)
        spent.refuse(keys, now)
        raise TooMany(retry_after=1) from refused  # its window has ended meanwhile


_CODE = "limit_"
"""Of a refusal, before the key's place: a key itself may be more than a code can hold."""
