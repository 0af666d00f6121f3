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
    try:
        await app.db.batch(*counting(app, hits, spent))
    except Refused as refused:
        raise (await refusal(app, hits, spent, refused) or refused) from refused


def counting(app: App, hits: Sequence[Hit], spent: Spent) -> list[Expect]:
    """Statements that count every hit, for a batch with what they allow. Raises TooMany when it is known that one has
    no room."""
    now = app.clock.now()
    for each in hits:
        if each.amount > each.limit:
            raise _too_many(each, each.ends, now)
        if ends := spent.until(each.key, each.amount, now):
            raise _too_many(each, ends, now)
    return [
        Expect(queries.count_hit(each.key, each.limit, each.amount, now, each.ends), f"{_CODE}{place}")
        for place, each in enumerate(hits)
    ]


async def refusal(app: App, hits: Sequence[Hit], spent: Spent, refused: Refused) -> TooMany | None:
    """The error for a batch that one of the hits refused; None when something else did."""
    if not refused.code.startswith(_CODE):
        return None
    now, full = app.clock.now(), hits[int(refused.code.removeprefix(_CODE))]
    app.log.info("limit_reached", limit=full.key.partition(":")[0])
    ends = await queries.window_end(app.db, full.key) or now
    if not full.returnable:
        spent.add(full.key, full.amount, ends)
    return _too_many(full, ends, now)


async def release(app: App, keys: Collection[str], since: datetime) -> None:
    """Take back one hit of each key that was counted at `since`, if the window it was counted in is still running."""
    now = app.clock.now()
    await app.db.batch(*[queries.release_hit(key, since, now) for key in keys])


def _too_many(full: Hit, ends: datetime, now: datetime) -> TooMany:
    seconds = max(1, math.ceil((ends - now).total_seconds()))  # its window may have ended meanwhile
    return TooMany(full.message, code=full.code, retry_after=seconds)


_CODE = "limit_"
"""Of a refusal, before the hit's place: a key itself may be more than a code can hold."""
