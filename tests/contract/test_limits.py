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
from app.core.spent import Spent
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


async def passes(app: App, spent: Spent | None = None, **limits: int) -> bool:
    try:
        await shops.hit(app, hits(app, **limits), spent or Spent())
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
        await shops.hit(app, hits(app, key=1), Spent())
    assert caught.value.retry_after == 40
    clock_of(app).move(seconds=40)
    assert await passes(app, key=1)
    assert await counts(app) == {"key": 1}


async def test_who_was_refused_is_refused_without_the_database_until_the_window_ends(app: App) -> None:
    spent = Spent()
    assert [await passes(app, spent, key=1) for _ in range(2)] == [True, False]
    await app.db.batch(delete(rate_limits))
    clock_of(app).move(seconds=59)
    assert not await passes(app, spent, other=1, key=1)
    assert await passes(app, spent, other=1)
    clock_of(app).move(seconds=1)
    assert await passes(app, spent, key=1)
