"""Rate limits: a counter per key and window. Refused hits are not counted and cost no write."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from app.core.app import App
from app.core.errors import Refused, TooMany
from app.core.ports.database import Expect
from app.core.rate_limit_cache import RateLimitCache
from app.shops.queries import visitors


@dataclass(frozen=True)
class Hit:
    """A hit of `amount` units on the counter `key`, which allows `limit` units per window.

    If this hit starts a window, it ends at `ends`. `message` and `code` are those of the refusal. A `returnable` hit
    may be released before its window ends, so processes do not cache that its counter is full.
    """

    key: str
    limit: int
    ends: datetime
    amount: int = 1
    message: str | None = None
    code: str | None = None
    returnable: bool = False


async def hit(app: App, hits: Sequence[Hit], spent: RateLimitCache) -> None:
    """Count all hits, or none if one of them is over its limit. Raises TooMany.

    So a flood that one key stops uses up nothing that others share with it. List the most widely shared key last: then
    its row is locked for the shortest time.
    """
    try:
        await app.db.batch(*counting(app, hits, spent))
    except Refused as refused:
        raise (await refusal(app, hits, spent, refused) or refused) from refused


def counting(app: App, hits: Sequence[Hit], spent: RateLimitCache) -> list[Expect]:
    """Return statements that count all hits, to be batched with what they protect.

    Raises TooMany if one is already known to be over its limit.
    """
    now = app.clock.now()
    for each in hits:
        if each.amount > each.limit:
            raise _too_many(each, each.ends, now)
        if ends := spent.until(each.key, each.amount, now):
            raise _too_many(each, ends, now)
    return [
        Expect(visitors.count_hit(each.key, each.limit, each.amount, now, each.ends), f"{_CODE}{place}")
        for place, each in enumerate(hits)
    ]


async def refusal(app: App, hits: Sequence[Hit], spent: RateLimitCache, refused: Refused) -> TooMany | None:
    """Return the error if one of the hits refused the batch; None if something else did."""
    if not refused.code.startswith(_CODE):
        return None
    now, full = app.clock.now(), hits[int(refused.code.removeprefix(_CODE))]
    app.log.info("limit_reached", limit=full.key.partition(":")[0])
    ends = await visitors.window_end(app.db, full.key) or now
    if not full.returnable:
        spent.add(full.key, full.amount, ends)
    return _too_many(full, ends, now)


async def release(app: App, keys: Collection[str], since: datetime) -> None:
    """Subtract one hit that was counted at `since` from each key, if its window has not ended yet."""
    now = app.clock.now()
    await app.db.batch(*[visitors.release_hit(key, since, now) for key in keys])


def _too_many(full: Hit, ends: datetime, now: datetime) -> TooMany:
    seconds = max(1, math.ceil((ends - now).total_seconds()))  # its window may have ended meanwhile
    return TooMany(full.message, code=full.code, retry_after=seconds)


_CODE = "limit_"
"""Prefix of a refusal's code, before the index of the hit: a key may be too long for a code."""
