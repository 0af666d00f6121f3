"""Access that ends early: renewed without anybody where that can be, else by the merchant's next visit."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from app import shops
from app.core.errors import Unavailable
from app.core.ports.shopify import AccessToken
from tests.integration.servers import SHOP, Shopify
from tests.integration.storefront import MUG_VARIANT
from tests.integration.world import World

pytestmark = pytest.mark.anyio
RENEWED = "access to this shop has been renewed"
ENDED = "access to this shop has ended"


@pytest.fixture
def revoking(shopify: Shopify) -> Iterator[Shopify]:
    """A Shopify that a test may make forget the tokens of the shop; others get them back."""
    kept = {kind: _records(shopify, kind) for kind in ("access_token", "refresh_token")}
    yield shopify
    for kind, records in kept.items():
        for key, record in records:
            shopify.store.state.put(kind, SHOP, key, record)


def _records(shopify: Shopify, kind: str) -> list[tuple[str, Any]]:
    rows = shopify.store.state._db.execute("SELECT id FROM records WHERE (kind, shop) = (?, ?)", (kind, SHOP))
    return [(key, shopify.store.state.get(kind, SHOP, key)) for (key,) in rows.fetchall()]


def revoke(shopify: Shopify, *kinds: str) -> None:
    for kind in kinds:
        shopify.store.state.clear(kind, SHOP)


async def ordered(world: World) -> dict[str, Any]:
    """A paid mug whose print is made, and noted on the order where that can be."""
    design = await world.design()
    line = {"variant_id": int(MUG_VARIANT), "quantity": 1, "properties": {"_artify_preview": design["id"]}}
    order = world.shopify.order(line)
    await world.run_jobs()
    return order


def notes(world: World) -> list[tuple[str, str | None]]:
    rows = world.rows("SELECT status, last_error FROM jobs WHERE kind = 'personalization.note_print'")
    return [(row["status"], row["last_error"]) for row in rows]


def versions(world: World) -> list[int]:
    return [row["version"] for row in world.rows("SELECT version FROM access_tokens WHERE shop_id = ?", SHOP)]


async def test_a_token_that_shopify_refuses_before_its_time_is_renewed_on_the_spot(
    world: World, revoking: Shopify
) -> None:
    revoke(revoking, "access_token")
    order = await ordered(world)
    assert notes(world) == [("done", None)]
    assert len(revoking.marks(order)["metafields"]) == 1
    assert versions(world) == [2]
    assert RENEWED not in (await world.merchant().document()).text


async def test_when_the_refresh_token_is_dead_too_the_merchants_visit_helps_and_the_order_is_told(
    world: World, revoking: Shopify
) -> None:
    revoke(revoking, "access_token", "refresh_token")
    order = await ordered(world)
    assert notes(world) == [("failed", "token_dead")]
    assert versions(world) == []
    assert [row["access_lost_at"] is not None for row in world.rows("SELECT * FROM shops WHERE id = ?", SHOP)] == [True]
    assert (await world.storefront().get("products/1")).status_code == 404, "of the product, not of the shop"
    assert RENEWED in (await world.merchant().document()).text
    await world.run_jobs()
    assert notes(world) == [("done", None)]
    assert revoking.marks(order)["tags"] == ["artify-print-ready"]
    assert len(revoking.marks(order)["metafields"]) == 1
    assert RENEWED not in (await world.merchant().document()).text


async def test_while_the_token_is_gone_a_job_waits_as_well(world: World, revoking: Shopify) -> None:
    revoke(revoking, "access_token", "refresh_token")
    orders = [await ordered(world), await ordered(world)]
    assert notes(world) == [("failed", "token_dead"), ("failed", "token_missing")]
    await world.merchant().fetch("/orders")
    await world.run_jobs()
    assert notes(world) == [("done", None)] * 2
    assert all(revoking.marks(order)["tags"] for order in orders)


async def test_while_shopify_does_not_answer_the_pages_are_there_and_say_that_access_has_ended(
    world: World, revoking: Shopify
) -> None:
    revoke(revoking, "access_token", "refresh_token")
    await ordered(world)

    class Silent:
        def __getattr__(self, name: str) -> Any:
            return getattr(world.app.shopify_auth, name)

        async def exchange(self, visit: object) -> AccessToken:
            raise Unavailable

    world.routes.state.app = replace(world.app, shopify_auth=Silent())
    page = await world.merchant().document()
    assert page.status_code == 200
    assert ENDED in page.text
    assert (await world.merchant().document("/orders")).status_code == 200
    world.routes.state.app = world.app
    assert RENEWED in (await world.merchant().document()).text


async def test_a_job_that_failed_while_access_was_being_renewed_goes_on_at_the_next_visit(world: World) -> None:
    await ordered(world)
    world.change("UPDATE jobs SET status = 'failed', last_error = 'token_dead' WHERE kind LIKE '%note_print'")
    world.change("UPDATE shops SET proven_at = NULL")
    await world.merchant().document()
    await world.run_jobs()
    assert notes(world) == [("done", None)]


async def test_a_refresh_whose_answer_was_lost_is_asked_for_again(world: World) -> None:
    """Shopify has rotated the pair, and we never saw it: the old refresh token still brings the same one."""
    shopify_auth = world.app.shopify_auth

    class Forgetful:
        async def refresh(self, token: AccessToken) -> AccessToken:
            await shopify_auth.refresh(token)
            raise Unavailable

    world.clock.move(minutes=61)
    given = world.shopify.tokens_given(SHOP)
    with pytest.raises(Unavailable):
        await shops.access_token(replace(world.app, shopify_auth=Forgetful()), SHOP)
    with pytest.raises(Unavailable) as waiting:
        await shops.access_token(world.app, SHOP)
    assert waiting.value.code == "refreshing"
    world.clock.move(seconds=30)
    fresh = await shops.access_token(world.app, SHOP)
    assert world.shopify.tokens_given(SHOP) == given + 1
    assert versions(world) == [2]
    details = await world.app.shopify.shop_details(fresh)
    assert details.name == "Artify Demo"


async def test_a_shop_that_was_quiet_for_sixty_days_is_kept(world: World) -> None:
    world.clock.move(days=59)
    assert await shops.keep_tokens(world.app) == 0
    world.clock.move(days=1, minutes=1)
    assert await shops.keep_tokens(world.app) == 2
    assert await shops.keep_tokens(world.app) == 0, "once a day"
    await world.run_jobs()
    rows = world.rows("SELECT version, refresh_expires_at FROM access_tokens")
    assert [row["version"] for row in rows] == [2, 2]
    # The simulated Shopify's clock is real, the app's is not: its new pair ends ninety days from now.
    assert all(row["refresh_expires_at"] > (world.clock.at + timedelta(days=29)).isoformat() for row in rows)


async def test_scopes_that_grow_are_asked_for_and_the_home_page_says_what_is_missing(
    world: World, revoking: Shopify
) -> None:
    had = revoking.store.state.get("installation", SHOP, "app")
    revoking.store.state.put("installation", SHOP, "app", {"scopes": "write_app_proxy"})
    world.change("UPDATE shops SET scope = 'write_app_proxy' WHERE id = ?", SHOP)
    try:
        page = (await world.merchant().document()).text
        assert "Missing: read_products, write_orders." in page
        assert f"/{SHOP}/admin/oauth/install?client_id=" in page
        consent = revoking.http.get(f"/{SHOP}/admin/oauth/install")
        assert "Install app" in consent.text
        revoking.install(SHOP)
        revoking.delivered("app/scopes_update")
        await world.run_jobs()
        assert "Artify needs more permissions" not in (await world.merchant().document()).text
        [shop] = world.rows("SELECT scope FROM shops WHERE id = ?", SHOP)
        assert shop["scope"] == "read_products,write_app_proxy,write_orders"
    finally:
        revoking.store.state.put("installation", SHOP, "app", had or {})
