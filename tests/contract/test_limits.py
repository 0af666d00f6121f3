"""Rate limits on every database: exact whoever counts at once, and a refused hit is counted nowhere."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import delete, select

from app import shops
from app.core.app import App
from app.core.errors import TooMany
from app.core.rate_limit_cache import RateLimitCache
from app.shops import Hit
from app.shops.tables import rate_limits
from tests.apps import clock_of, close, make_app
from tests.contract.adapters import DATABASES, Open

pytestmark = pytest.mark.anyio
MINUTE = timedelta(minutes=1)
CLIENTS = 16
EACH = 4


@pytest.fixture(params=DATABASES)
async def another(request: pytest.FixtureRequest, tmp_path: Path, anyio_backend: str) -> AsyncIterator[Open]:
    async with DATABASES[request.param](tmp_path) as opened:
        yield opened


@pytest.fixture
async def app(another: Open, tmp_path: Path) -> AsyncIterator[App]:
    made = make_app(tmp_path)
    yield replace(made, db=another())
    await close(made)


async def passes(app: App, spent: RateLimitCache | None = None, **limits: int) -> bool:
    try:
        await shops.hit(app, hits(app, **limits), spent or RateLimitCache())
    except TooMany:
        return False
    return True


def hits(app: App, **limits: int) -> list[Hit]:
    """One hit of each key in a window of a minute."""
    return [Hit(key, limit, app.clock.now() + MINUTE) for key, limit in limits.items()]


async def counts(app: App) -> dict[str, int]:
    rows = await app.db.all(select(rate_limits.c.key, rate_limits.c.count))
    return {str(row["key"]): int(row["count"]) for row in rows}


async def test_sixteen_clients_at_once_pass_exactly_as_often_as_they_may(app: App, another: Open) -> None:
    """Each hammers a key of its own, and all share one, which has room for half of what they want."""
    clients = [replace(app, db=another()) for _ in range(CLIENTS)]
    room = CLIENTS * EACH // 2

    async def hammer(place: int) -> int:
        return sum([await passes(clients[place], **{f"own{place}": 1000, "shared": room}) for _ in range(EACH)])

    passed = await asyncio.gather(*[hammer(place) for place in range(CLIENTS)])
    counted = await counts(app)
    assert (sum(passed), counted.pop("shared")) == (room, room)
    assert counted == {f"own{place}": count for place, count in enumerate(passed) if count}


async def test_what_one_key_refuses_is_counted_for_none(app: App) -> None:
    assert [await passes(app, address=2, shop=100) for _ in range(5)] == [True, True, False, False, False]
    assert await counts(app) == {"address": 2, "shop": 2}
    assert await passes(app, other=2, shop=3)
    assert not await passes(app, other=2, shop=3)
    assert await counts(app) == {"address": 2, "other": 1, "shop": 3}


async def test_a_refusal_says_when_the_window_ends_and_then_a_new_one_begins(app: App) -> None:
    assert await passes(app, key=1)
    clock_of(app).move(seconds=20)
    with pytest.raises(TooMany) as caught:
        await shops.hit(app, hits(app, key=1), RateLimitCache())
    assert caught.value.retry_after == 40
    clock_of(app).move(seconds=40)
    assert await passes(app, key=1)
    assert await counts(app) == {"key": 1}


async def test_who_was_refused_is_refused_without_the_database_until_the_window_ends(app: App) -> None:
    spent = RateLimitCache()
    assert [await passes(app, spent, key=1) for _ in range(2)] == [True, False]
    await app.db.batch(delete(rate_limits))
    clock_of(app).move(seconds=59)
    assert not await passes(app, spent, other=1, key=1)
    assert await passes(app, spent, other=1)
    clock_of(app).move(seconds=1)
    assert await passes(app, spent, key=1)


async def test_units_are_counted_and_what_does_not_fit_leaves_room_for_less(app: App) -> None:
    spent = RateLimitCache()
    assert [await units(app, spent, key=each) for each in (7, 4, 3, 1)] == [True, False, True, False]
    assert await counts(app) == {"key": 10}


async def test_more_units_than_a_limit_has_are_refused_and_counted_nowhere(app: App) -> None:
    assert not await units(app, RateLimitCache(), other=1, key=11)
    assert await counts(app) == {}
    assert await units(app, RateLimitCache(), other=1, key=10)


async def test_a_day_and_a_minute_are_counted_in_one_hit_and_end_apart(app: App) -> None:
    """Who has had the minute has not lost a part of the day by being refused."""
    day = app.clock.now() + timedelta(hours=2)

    def both() -> list[Hit]:
        return [Hit("minute", 2, app.clock.now() + MINUTE), Hit("day", 3, day, message="For today.", code="today")]

    passed = []
    for _ in range(3):
        passed += [await hit(app, both()) for _ in range(3)]
        clock_of(app).move(minutes=1)
    assert passed == [None, None, 60, None, 7200 - 60, 7200 - 60, *[7200 - 120] * 3]
    with pytest.raises(TooMany, match=r"today: For today\."):
        await shops.hit(app, both(), RateLimitCache())


async def test_a_hit_that_is_released_makes_room_and_never_below_nothing(app: App) -> None:
    assert [await passes(app, key=2) for _ in range(3)] == [True, True, False]
    counted_at = app.clock.now()
    for _ in range(4):
        await shops.release(app, ["key", "unknown"], counted_at)
    assert await counts(app) == {"key": 0}
    assert [await passes(app, key=2) for _ in range(3)] == [True, True, False]


async def test_a_hit_of_a_window_that_is_over_is_not_released_from_the_next(app: App) -> None:
    counted_at = app.clock.now()
    assert await passes(app, key=2)
    clock_of(app).move(minutes=1)
    assert await passes(app, key=2)
    await shops.release(app, ["key"], counted_at)
    assert await counts(app) == {"key": 1}


async def test_a_process_does_not_remember_that_a_counter_was_full_that_others_may_release(app: App) -> None:
    spent, counted_at = RateLimitCache(), app.clock.now()
    tickets = [Hit("tickets", 1, app.clock.now() + MINUTE, returnable=True)]
    assert [await hit(app, tickets, spent) for _ in range(2)] == [None, 60]
    await shops.release(app, ["tickets"], counted_at)
    assert await hit(app, tickets, spent) is None


async def test_sixteen_clients_with_units_of_their_own_fill_a_limit_and_never_pass_it(app: App, another: Open) -> None:
    clients = [replace(app, db=another()) for _ in range(CLIENTS)]

    async def take(place: int) -> int:
        amount = place % 5 + 1
        got = [await units(clients[place], RateLimitCache(), limit=40, shared=amount) for _ in range(EACH)]
        return amount * sum(got)

    granted = sum(await asyncio.gather(*[take(place) for place in range(CLIENTS)]))
    assert granted == (await counts(app))["shared"] == 40


async def hit(app: App, wanted: list[Hit], spent: RateLimitCache | None = None) -> int | None:
    """The seconds to wait; None when it was let through."""
    try:
        await shops.hit(app, wanted, spent or RateLimitCache())
    except TooMany as fault:
        return fault.retry_after
    return None


async def units(app: App, spent: RateLimitCache, limit: int = 10, **amounts: int) -> bool:
    """Whether so many units of each key were let through."""
    ends = app.clock.now() + MINUTE
    return await hit(app, [Hit(key, limit, ends, amount) for key, amount in amounts.items()], spent) is None
