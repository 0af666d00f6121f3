"""Who stands in front of the storefront block."""

from __future__ import annotations

import asyncio

import pytest
from sqlalchemy import select

from app import shops
from app.core.app import App
from app.core.errors import NotFound
from app.core.ports.shopify import ProxyVisit
from app.shops import Guest, Shopper
from app.shops.tables import guest_sessions, shoppers
from tests.apps import OTHER_SHOP, SHOP, clock_of, open_shop

pytestmark = pytest.mark.anyio
GUEST = ProxyVisit(SHOP, None)
CUSTOMER = ProxyVisit(SHOP, "7001")
OWN = "own-" + "0123456789abcdef" * 4


async def guest(app: App, token: str | None = None) -> Guest:
    found = await shops.visitor(app, GUEST, token)
    assert isinstance(found, Guest)
    return found


async def test_a_customer_is_the_same_shopper_each_time(app: App) -> None:
    await open_shop(app)
    first, second = [await shops.visitor(app, CUSTOMER, None) for _ in range(2)]
    assert isinstance(first, Shopper)
    assert (first.customer_id, first.guest_session_id, first.token) == ("7001", None, None)
    assert first == second
    assert await shops.customer_of(app.db, SHOP, first.id) == "7001"


async def test_a_customer_who_comes_twice_at_once_is_one_shopper(app: App) -> None:
    await open_shop(app)
    seen = await asyncio.gather(*[shops.visitor(app, CUSTOMER, None) for _ in range(8)])
    assert len({visitor.shopper_id for visitor in seen}) == 1
    assert len(await app.db.all(select(shoppers.c.id))) == 1


async def test_a_guest_is_known_by_their_token(app: App) -> None:
    await open_shop(app)
    first = await guest(app)
    assert (first.shopper_id, first.guest_session_id) == (None, first.id)
    assert await guest(app, first.token) == first
    assert (await guest(app)).id != first.id


async def test_a_guests_token_is_not_kept_in_clear(app: App) -> None:
    await open_shop(app)
    visitor = await guest(app)
    row = await app.db.one(select(guest_sessions))
    assert row is not None
    assert visitor.token not in str(dict(row))


@pytest.mark.parametrize("token", ["", "made up", "ü" * 200, "x" * 10_000])
async def test_a_token_that_nobody_gave_makes_a_new_guest(app: App, token: str) -> None:
    await open_shop(app)
    visitor = await guest(app, token)
    assert visitor.token != token
    with pytest.raises(NotFound):
        await shops.known_visitor(app, GUEST, token)


async def test_a_token_that_the_browser_made_is_the_guests_however_often_it_comes(app: App) -> None:
    await open_shop(app)
    seen = await asyncio.gather(*[guest(app, OWN) for _ in range(8)])
    assert {(visitor.id, visitor.token) for visitor in seen} == {(seen[0].id, OWN)}
    assert await shops.known_visitor(app, GUEST, OWN) == seen[0]
    assert len(await app.db.all(select(guest_sessions.c.id))) == 1


@pytest.mark.parametrize("token", [OWN[:-1], OWN + "0", OWN.upper(), OWN[4:], OWN + "\n"])
async def test_a_token_that_could_be_guessed_is_not_taken_over(app: App, token: str) -> None:
    await open_shop(app)
    assert (await guest(app, token)).token != token


async def test_a_browsers_own_token_dies_too_and_is_replaced(app: App) -> None:
    await open_shop(app)
    first = await guest(app, OWN)
    clock_of(app).move(days=30)
    second = await guest(app, OWN)
    assert second.id != first.id
    assert second.token != OWN


async def test_a_token_dies_after_thirty_days(app: App) -> None:
    await open_shop(app)
    visitor = await guest(app)
    clock_of(app).move(days=30, seconds=-1)
    assert await shops.known_visitor(app, GUEST, visitor.token) == visitor
    clock_of(app).move(seconds=1)
    with pytest.raises(NotFound):
        await shops.known_visitor(app, GUEST, visitor.token)


async def test_a_token_of_another_shop_is_nobodys(app: App) -> None:
    await open_shop(app)
    await open_shop(app, OTHER_SHOP)
    visitor = await guest(app)
    with pytest.raises(NotFound):
        await shops.known_visitor(app, ProxyVisit(OTHER_SHOP, None), visitor.token)


async def test_a_customer_of_one_shop_is_another_shopper_in_another(app: App) -> None:
    await open_shop(app)
    await open_shop(app, OTHER_SHOP)
    here = await shops.visitor(app, CUSTOMER, None)
    there = await shops.visitor(app, ProxyVisit(OTHER_SHOP, "7001"), None)
    assert here.shopper_id != there.shopper_id
    assert await shops.customer_of(app.db, OTHER_SHOP, str(here.shopper_id)) is None


async def test_a_customer_who_shows_a_guests_token_is_the_customer_and_was_that_guest(app: App) -> None:
    await open_shop(app)
    visitor = await guest(app)
    shopper = await shops.known_visitor(app, CUSTOMER, visitor.token)
    assert isinstance(shopper, Shopper)
    assert shopper.owners == [(shopper.id, None), (None, visitor.id)]
    assert (await shops.known_visitor(app, CUSTOMER, "made up")).owners == [(shopper.id, None)]


async def test_a_shop_that_is_not_installed_has_no_visitors(app: App) -> None:
    with pytest.raises(NotFound):
        await shops.visitor(app, GUEST, None)
    with pytest.raises(NotFound):
        await shops.known_visitor(app, CUSTOMER, None)
    assert await app.db.all(select(guest_sessions.c.id)) == []
