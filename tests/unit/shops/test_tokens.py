"""Access tokens: sealed at rest, refreshed five minutes early, by one refresher."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from app import shops
from app.core.app import App
from app.core.errors import Unauthorized, Unavailable
from app.core.ports.shopify import AccessToken, ShopDetails
from app.shops import tokens
from app.shops.tables import access_tokens
from tests.apps import OTHER_SHOP, SHOP, clock_of, close, make_app, open_shop, token_of
from tests.fakes.ports import START, RefreshingAuth

pytestmark = pytest.mark.anyio
FRESH = AccessToken(
    SHOP, "shpat_second", START + timedelta(hours=2), "shprt_second", START + timedelta(days=91), "read_orders"
)


@pytest.fixture
def shopify_auth() -> RefreshingAuth:
    return RefreshingAuth(FRESH)


@pytest.fixture
async def app(tmp_path: Path, shopify_auth: RefreshingAuth, anyio_backend: str) -> AsyncIterator[App]:
    made = make_app(tmp_path, shopify_auth=shopify_auth)
    await open_shop(made)
    yield made
    await close(made)


async def access(app: App) -> str:
    return (await shops.access_token(app, SHOP)).access


async def test_a_token_that_is_good_for_more_than_five_minutes_is_used(app: App, shopify_auth: RefreshingAuth) -> None:
    clock_of(app).move(minutes=54, seconds=59)
    assert await shops.access_token(app, SHOP) == replace(
        token_of(app), access_expires_at=START + timedelta(hours=1), refresh_expires_at=START + timedelta(days=90)
    )
    assert shopify_auth.asked == []


async def test_a_token_is_refreshed_five_minutes_before_it_dies_and_kept(
    app: App, shopify_auth: RefreshingAuth
) -> None:
    clock_of(app).move(minutes=55)
    assert await access(app) == "shpat_second"
    assert [asked.refresh for asked in shopify_auth.asked] == ["shprt_first"]
    assert await shops.access_token(app, SHOP) == FRESH
    assert len(shopify_auth.asked) == 1


async def test_sixteen_at_once_refresh_once(app: App, shopify_auth: RefreshingAuth) -> None:
    clock_of(app).move(minutes=56)
    used = await asyncio.gather(*[access(app) for _ in range(16)])
    assert set(used) <= {"shpat_first", "shpat_second"}
    assert used.count("shpat_second") >= 1
    assert len(shopify_auth.asked) == 1


async def test_sixteen_at_once_after_the_token_has_died_all_get_the_next_one(
    app: App, shopify_auth: RefreshingAuth
) -> None:
    clock_of(app).move(minutes=61)
    assert set(await asyncio.gather(*[access(app) for _ in range(16)])) == {"shpat_second"}
    assert len(shopify_auth.asked) == 1


async def test_while_the_next_token_cannot_be_had_the_old_one_is_used_until_it_dies(
    app: App, shopify_auth: RefreshingAuth
) -> None:
    shopify_auth.fault = Unavailable()
    clock_of(app).move(minutes=56)
    assert [await access(app) for _ in range(2)] == ["shpat_first"] * 2
    assert len(shopify_auth.asked) == 1
    clock_of(app).move(minutes=4)
    with pytest.raises(Unavailable):
        await access(app)


async def test_who_does_not_refresh_waits_when_the_old_token_is_dead(
    app: App, shopify_auth: RefreshingAuth, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tokens, "WAIT_S", 0.1)
    shopify_auth.fault = Unavailable()
    clock_of(app).move(minutes=61)
    with pytest.raises(Unavailable):
        await access(app)
    with pytest.raises(Unavailable) as fault:
        await access(app)
    assert fault.value.code == "refreshing"


async def test_a_refresher_that_died_is_replaced_after_its_lease(app: App, shopify_auth: RefreshingAuth) -> None:
    shopify_auth.fault = Unavailable()
    clock_of(app).move(minutes=61)
    with pytest.raises(Unavailable):
        await access(app)
    shopify_auth.fault = None
    clock_of(app).move(seconds=30)
    assert await access(app) == "shpat_second"


async def test_an_installation_during_a_refresh_keeps_its_own_token(app: App, shopify_auth: RefreshingAuth) -> None:
    newer = replace(FRESH, access="shpat_newer", refresh="shprt_newer")

    class Overtaken(RefreshingAuth):
        async def refresh(self, token: AccessToken) -> AccessToken:
            await shops.record_install(app, newer, ShopDetails("A shop", "", "EUR", "UTC"))
            return await super().refresh(token)

    clock_of(app).move(minutes=61)
    assert await access(replace(app, shopify_auth=Overtaken(FRESH))) == "shpat_newer"
    assert await access(app) == "shpat_newer"


async def test_a_token_that_shopify_calls_dead_makes_room_for_the_next_visits(
    app: App, shopify_auth: RefreshingAuth
) -> None:
    shopify_auth.fault = Unauthorized(code="token_dead")
    clock_of(app).move(minutes=61)
    for code in ("token_dead", "token_missing"):
        with pytest.raises(Unauthorized) as fault:
            await access(app)
        assert fault.value.code == code


async def test_credentials_that_are_refused_do_not_cost_the_token(app: App, shopify_auth: RefreshingAuth) -> None:
    shopify_auth.fault = Unauthorized(code="app_refused")
    clock_of(app).move(minutes=61)
    with pytest.raises(Unauthorized):
        await access(app)
    clock_of(app).move(seconds=30)
    shopify_auth.fault = None
    assert await access(app) == "shpat_second"


async def test_tokens_lie_sealed_in_the_database(app: App) -> None:
    row = await app.db.one(select(access_tokens))
    assert row is not None
    assert "shpat_" not in str(dict(row))
    assert "shprt_" not in str(dict(row))
    assert await app.vault.open(row["refresh_cipher"]) == "shprt_first"


async def test_the_pair_is_replaced_together_and_counted(app: App) -> None:
    clock_of(app).move(minutes=55)
    await access(app)
    row = await app.db.one(select(access_tokens))
    assert row is not None
    opened = [await app.vault.open(row[name]) for name in ("access_cipher", "refresh_cipher")]
    assert opened == ["shpat_second", "shprt_second"]
    assert (row["version"], row["refresh_lease"], row["refresh_lease_until"]) == (2, None, None)


async def test_a_shop_without_a_token_says_so(app: App) -> None:
    with pytest.raises(Unauthorized) as fault:
        await shops.access_token(app, OTHER_SHOP)
    assert fault.value.code == "token_missing"


async def test_a_token_that_no_key_opens_is_kept_and_access_counts_as_lost(app: App, tmp_path: Path) -> None:
    other = make_app(tmp_path, {"TOKEN_KEY": "A" * 43 + "="})
    with pytest.raises(Unavailable) as fault:
        await shops.access_token(other, SHOP)
    assert fault.value.code == "sealed_unreadable"
    shop = await shops.active_shop(app.db, SHOP)
    assert shop is not None
    assert shop.access_lost_at == app.clock.now()
    assert await access(app) == "shpat_first"
    await close(other)
