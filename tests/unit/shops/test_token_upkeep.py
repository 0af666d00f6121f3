"""Quiet shops keep their tokens, and a change of keys reaches every token."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update

from app import jobs, shops
from app.core.app import App
from app.core.errors import Unauthorized, Unavailable
from app.core.ports.shopify import AccessToken
from app.shops import token_upkeep, tokens
from app.shops.tables import access_tokens
from app.shops.tables import shops as shops_table
from handlers.jobs import KINDS
from tests.apps import OTHER_SHOP, SHOP, clock_of, close, make_app, open_shop, token_of
from tests.fakes.ports import START, NotingQueue, RefreshingAuth

pytestmark = pytest.mark.anyio
NEW_KEY = base64.b64encode(b"n" * 32).decode()
OLD_KEY = base64.b64encode(b"t" * 32).decode()


@pytest.fixture
def shopify_auth() -> RefreshingAuth:
    life = timedelta(days=200)
    return RefreshingAuth(AccessToken(SHOP, "shpat_second", START + life, "shprt_second", START + life, "write_orders"))


@pytest.fixture
async def app(tmp_path: Path, shopify_auth: RefreshingAuth, anyio_backend: str) -> AsyncIterator[App]:
    made = make_app(tmp_path, shopify_auth=shopify_auth, queue=NotingQueue())
    yield made
    await close(made)


async def sweep_and_run(app: App) -> int:
    count = await shops.keep_tokens(app)
    await jobs.run_due(app, KINDS)
    return count


async def versions(app: App) -> dict[str, int]:
    rows = await app.db.all(select(access_tokens.c.shop_id, access_tokens.c.version))
    return {row["shop_id"]: row["version"] for row in rows}


async def test_a_shop_is_left_alone_for_sixty_days_and_then_kept(app: App, shopify_auth: RefreshingAuth) -> None:
    await open_shop(app)
    clock_of(app).move(days=60, seconds=-1)
    assert await sweep_and_run(app) == 0
    clock_of(app).move(seconds=1)
    assert await sweep_and_run(app) == 1
    assert await versions(app) == {SHOP: 2}
    assert len(shopify_auth.asked) == 1
    clock_of(app).move(days=1)
    assert await sweep_and_run(app) == 0


async def test_a_shop_that_is_used_is_not_quiet(app: App) -> None:
    await open_shop(app)
    clock_of(app).move(days=50)
    await shops.access_token(app, SHOP)
    clock_of(app).move(days=20)
    assert await sweep_and_run(app) == 0


async def test_a_shop_that_has_left_is_not_kept(app: App, shopify_auth: RefreshingAuth) -> None:
    await open_shop(app)
    await app.db.batch(update(shops_table).values(is_active=False))
    clock_of(app).move(days=70)
    assert await sweep_and_run(app) == 0
    assert shopify_auth.asked == []


async def test_each_sweep_takes_the_next_page_whatever_became_of_the_last(
    app: App, shopify_auth: RefreshingAuth, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(token_upkeep, "PAGE", 2)
    for number in range(5):
        await open_shop(app, f"shop-{number}.myshopify.com")
    clock_of(app).move(days=61)
    shopify_auth.fault = Unavailable()
    assert [await sweep_and_run(app) for _ in range(4)] == [2, 2, 1, 0]
    assert len({asked.shop for asked in shopify_auth.asked}) == 5


async def test_while_shopify_does_not_answer_a_shop_is_tried_again_every_day(
    app: App, shopify_auth: RefreshingAuth
) -> None:
    await open_shop(app)
    clock_of(app).move(days=60)
    shopify_auth.fault = Unavailable()
    assert [await sweep_and_run(app), await sweep_and_run(app)] == [1, 0]
    clock_of(app).move(days=1)
    shopify_auth.fault = None
    assert await sweep_and_run(app) == 1
    assert await versions(app) == {SHOP: 2}


async def test_a_quiet_shop_whose_token_is_dead_waits_for_its_merchant(app: App, shopify_auth: RefreshingAuth) -> None:
    await open_shop(app)
    clock_of(app).move(days=60)
    shopify_auth.fault = Unauthorized(code="token_dead")
    await sweep_and_run(app)
    shop = await shops.active_shop(app.db, SHOP)
    assert shop is not None
    assert shop.access_lost_at == app.clock.now()
    clock_of(app).move(days=1)
    assert await sweep_and_run(app) == 0


async def test_a_shop_that_was_refreshed_meanwhile_is_not_refreshed_again(
    app: App, shopify_auth: RefreshingAuth
) -> None:
    await open_shop(app)
    clock_of(app).move(days=60)
    await shops.keep_tokens(app)
    await shops.access_token(app, SHOP)
    await jobs.run_due(app, KINDS)
    assert len(shopify_auth.asked) == 1


async def test_a_change_of_keys_reaches_every_token_and_then_the_old_key_can_go(app: App, tmp_path: Path) -> None:
    for shop_id in (SHOP, OTHER_SHOP):
        await open_shop(app, shop_id)
    changing = make_app(tmp_path, {"TOKEN_KEY": NEW_KEY, "OLD_TOKEN_KEY": OLD_KEY})
    assert (await shops.access_token(changing, SHOP)).access == "shpat_first"
    assert [await shops.reseal_tokens(changing) for _ in range(2)] == [2, 0]
    after = make_app(tmp_path, {"TOKEN_KEY": NEW_KEY})
    assert await shops.access_token(after, OTHER_SHOP) == await shops.access_token(changing, OTHER_SHOP)
    rows = await app.db.all(select(access_tokens))
    assert all(row[name].startswith(after.vault.mark) for row in rows for name in ("access_cipher", "refresh_cipher"))
    assert {row["updated_at"] for row in rows} == {START}, "what Shopify gave is no younger"
    assert await shops.reseal_tokens(after) == 0
    await close(changing)
    await close(after)


async def test_tokens_are_resealed_by_pages(app: App, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(token_upkeep, "PAGE", 2)
    for number in range(5):
        await open_shop(app, f"shop-{number}.myshopify.com")
    changing = make_app(tmp_path, {"TOKEN_KEY": NEW_KEY, "OLD_TOKEN_KEY": OLD_KEY})
    assert [await shops.reseal_tokens(changing) for _ in range(4)] == [2, 2, 1, 0]
    await close(changing)


async def test_tokens_that_no_key_opens_do_not_keep_others_from_their_turn(
    app: App, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(token_upkeep, "PAGE", 2)
    foreign = make_app(tmp_path, {"TOKEN_KEY": base64.b64encode(b"f" * 32).decode()})
    for shop_id in ("0.myshopify.com", "1.myshopify.com"):
        await open_shop(foreign, shop_id)
    await open_shop(app)
    changing = make_app(tmp_path, {"TOKEN_KEY": NEW_KEY, "OLD_TOKEN_KEY": OLD_KEY})
    assert [await shops.reseal_tokens(changing) for _ in range(3)] == [0, 1, 0]
    for each in (foreign, changing):
        await close(each)


async def test_a_token_that_was_renewed_while_it_was_resealed_stays(app: App, tmp_path: Path) -> None:
    await open_shop(app)
    changing = make_app(tmp_path, {"TOKEN_KEY": NEW_KEY, "OLD_TOKEN_KEY": OLD_KEY})

    class Slow:
        def __init__(self) -> None:
            self.mark = changing.vault.mark
            self.open = changing.vault.open

        async def seal(self, secret: str) -> str:
            newer = replace(token_of(app), access="shpat_newer")
            await app.db.batch(await tokens.store(app, newer, app.clock.now()))
            return await changing.vault.seal(secret)

    await shops.reseal_tokens(replace(changing, vault=Slow()))
    assert (await shops.access_token(changing, SHOP)).access == "shpat_newer"
    await close(changing)
