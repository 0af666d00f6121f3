"""Rate limits: a counter per key and window. A refused hit is counted nowhere, and so costs no write."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from app.core.app import App
from app.core.errors import Refused, TooMany
from app.core.ports import Expect
from app.core.spent import Spent
from app.shops import queries


@dataclass(frozen=True)
class Hit:
    """What is counted: `amount` units on the counter `key`, which takes `limit` in its window.

    A window that begins with this hit ends at `ends`. `message` and `code` are those of the refusal. A hit that is
    `returnable` may be released before its window ends, so no process remembers that its counter was full.
    """

    key: str
    limit: int
    ends: datetime
    amount: int = 1
    message: str | None = None
    code: str | None = None
    returnable: bool = False


async def hit(app: App, hits: Sequence[Hit], spent: Spent) -> None:
    """Count every hit, or none of them when one has no room left in its window. Raises TooMany.

    So a flood that one key stops takes nothing of what others share with it. Concurrent callers should name what is
    shared most last: its row stays locked for the shortest time.
    """
    now = app.clock.now()
    for each in hits:
        if each.amount > each.limit:
            raise _refusal(each, each.ends, now)
        if ends := spent.until(each.key, each.amount, now):
            raise _refusal(each, ends, now)
    counting = [
        Expect(queries.count_hit(each.key, each.limit, each.amount, now, each.ends), f"{_CODE}{place}")
        for place, each in enumerate(hits)
    ]
    try:
        await app.db.batch(*counting)
    except Refused as refused:
        full = hits[int(refused.code.removeprefix(_CODE))]
        app.log.info("limit_reached", limit=full.key.partition(":")[0])
        ends = await queries.window_end(app.db, full.key) or now
        if not full.returnable:
            spent.add(full.key, full.amount, ends)
        raise _refusal(full, ends, now) from refused


async def release(app: App, keys: Collection[str], since: datetime) -> None:
    """Take back one hit of each key that was counted at `since`, if the window it was counted in is still running."""
    now = app.clock.now()
    await app.db.batch(*[queries.release_hit(key, since, now) for key in keys])


def _refusal(full: Hit, ends: datetime, now: datetime) -> TooMany:
    seconds = max(1, math.ceil((ends - now).total_seconds()))  # its window may have ended meanwhile
    return TooMany(full.message, code=full.code, retry_after=seconds)


_CODE = "limit_"
"""Of a refusal, before the hit's place: a key itself may be more than a code can hold."""
