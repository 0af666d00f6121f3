"""Calls of the Admin API that Shopify refuses before the token's time."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path

import pytest

from app import shops
from app.core.app import App
from app.core.errors import AppError, Unauthorized, Unavailable
from app.core.ports.shopify import AccessToken
from tests.apps import SHOP, close, make_app, open_shop, token_of
from tests.fakes.ports import START, RefreshingAuth

pytestmark = pytest.mark.anyio
NEXT = AccessToken(
    SHOP, "shpat_second", START + timedelta(hours=2), "shprt_second", START + timedelta(days=91), "write_orders"
)


@dataclass
class Call:
    """Refuses the tokens that it is told to, as dead; notes all that it was given."""

    dead: tuple[str, ...]
    fault: AppError | None = None
    given: list[str] = field(default_factory=list)

    async def __call__(self, token: AccessToken) -> str:
        self.given.append(token.access)
        if token.access in self.dead:
            raise Unauthorized(code="token_dead")
        if self.fault:
            raise self.fault
        return "answer"


@pytest.fixture
def shopify_auth() -> RefreshingAuth:
    return RefreshingAuth(NEXT)


@pytest.fixture
async def app(tmp_path: Path, shopify_auth: RefreshingAuth, anyio_backend: str) -> AsyncIterator[App]:
    made = make_app(tmp_path, shopify_auth=shopify_auth)
    await open_shop(made)
    yield made
    await close(made)


async def lost(app: App) -> bool:
    shop = await shops.active_shop(app.db, SHOP)
    assert shop is not None
    return shop.access_lost_at is not None


async def test_a_refused_token_is_renewed_and_the_call_made_again(app: App, shopify_auth: RefreshingAuth) -> None:
    call = Call(dead=("shpat_first",))
    assert await shops.ask(app, SHOP, call) == "answer"
    assert call.given == ["shpat_first", "shpat_second"]
    assert (await shops.access_token(app, SHOP)).access == "shpat_second"
    assert not await lost(app)


async def test_a_token_that_was_renewed_meanwhile_is_used(app: App, shopify_auth: RefreshingAuth) -> None:
    async def call(token: AccessToken) -> str:
        if token.access == "shpat_first":
            await open_shop_again(app)
            raise Unauthorized(code="token_dead")
        return token.access

    assert await shops.ask(app, SHOP, call) == "shpat_newer"
    assert shopify_auth.asked == []


async def test_access_is_lost_when_the_next_token_is_refused_too(app: App) -> None:
    call = Call(dead=("shpat_first", "shpat_second"))
    with pytest.raises(Unauthorized) as fault:
        await shops.ask(app, SHOP, call)
    assert fault.value.code == "token_dead"
    assert len(call.given) == 2
    assert await lost(app)
    with pytest.raises(Unauthorized) as missing:
        await shops.access_token(app, SHOP)
    assert missing.value.code == "token_missing"


async def test_access_is_lost_when_the_refresh_token_is_dead(app: App, shopify_auth: RefreshingAuth) -> None:
    shopify_auth.fault = Unauthorized(code="token_dead")
    call = Call(dead=("shpat_first",))
    with pytest.raises(Unauthorized):
        await shops.ask(app, SHOP, call)
    assert call.given == ["shpat_first"]
    assert await lost(app)


async def test_access_is_not_lost_while_shopify_does_not_answer(app: App, shopify_auth: RefreshingAuth) -> None:
    shopify_auth.fault = Unavailable()
    with pytest.raises(Unavailable):
        await shops.ask(app, SHOP, Call(dead=("shpat_first",)))
    assert not await lost(app)


async def test_a_refresh_that_finds_its_token_dead_spares_a_newer_one(app: App, shopify_auth: RefreshingAuth) -> None:
    """Another process took over after this one's lease, and used the successor: the old refresh token is retired."""

    class Late(RefreshingAuth):
        async def refresh(self, token: AccessToken) -> AccessToken:
            await open_shop_again(app)
            raise Unauthorized(code="token_dead")

    with pytest.raises(Unavailable):
        await shops.ask(replace(app, shopify_auth=Late(NEXT)), SHOP, Call(dead=("shpat_first",)))
    assert (await shops.access_token(app, SHOP)).access == "shpat_newer"
    assert not await lost(app)


@pytest.mark.parametrize("fault", [AppError(code="missing_scope"), Unauthorized(code="app_refused"), Unavailable()])
async def test_other_faults_cost_no_token(app: App, shopify_auth: RefreshingAuth, fault: AppError) -> None:
    call = Call(dead=(), fault=fault)
    with pytest.raises(AppError) as raised:
        await shops.ask(app, SHOP, call)
    assert raised.value is fault
    assert (len(call.given), shopify_auth.asked) == (1, [])
    assert not await lost(app)


async def open_shop_again(app: App) -> None:
    newer = replace(token_of(app), access="shpat_newer")
    await shops.record_install(app, newer, await app.shopify.shop_details(newer))
