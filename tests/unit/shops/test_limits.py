"""Rate limits: a counter per key and window."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from app import shops
from app.core.app import App
from app.core.errors import TooMany
from app.core.rate_limit_cache import RateLimitCache
from app.shops import Hit
from tests.apps import clock_of

pytestmark = pytest.mark.anyio
MINUTE = timedelta(minutes=1)


async def refusals(app: App, key: str, hits: int, limit: int) -> list[int]:
    """For each hit the seconds to wait, 0 when it was let through."""
    waits = []
    for _ in range(hits):
        try:
            await shops.hit(app, [Hit(key, limit, app.clock.now() + MINUTE)], RateLimitCache())
            waits.append(0)
        except TooMany as fault:
            waits.append(fault.retry_after)
    return waits


async def test_hits_past_the_limit_are_refused_with_the_seconds_to_wait(app: App) -> None:
    assert await refusals(app, "a", 5, limit=3) == [0, 0, 0, 60, 60]


async def test_a_new_window_starts_when_the_old_one_is_over(app: App) -> None:
    await refusals(app, "a", 4, limit=3)
    clock_of(app).move(seconds=59.5)
    assert await refusals(app, "a", 1, limit=3) == [1]
    clock_of(app).move(seconds=0.5)
    assert await refusals(app, "a", 4, limit=3) == [0, 0, 0, 60]


async def test_keys_are_counted_apart(app: App) -> None:
    await refusals(app, "a", 4, limit=3)
    assert await refusals(app, "b", 3, limit=3) == [0, 0, 0]


async def test_sixteen_at_once_get_through_exactly_as_often_as_allowed(app: App) -> None:
    waits = await asyncio.gather(*[refusals(app, "a", 1, limit=3) for _ in range(16)])
    assert sorted(waits) == [[0]] * 3 + [[60]] * 13
