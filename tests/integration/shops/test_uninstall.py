"""A shop leaves, and may come back."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from app import shops
from app.core.errors import Unauthorized
from tests.integration import webhooks
from tests.integration.servers import NEW_SHOP, SHOP, Shopify
from tests.integration.storefront import MUG
from tests.integration.world import World

pytestmark = pytest.mark.anyio


@pytest.fixture
def coming_and_going(shopify: Shopify) -> Iterator[Shopify]:
    """A shop that a test may install and uninstall without taking it from others."""
    shopify.install(NEW_SHOP)
    yield shopify
    shopify.uninstall(NEW_SHOP)


async def test_a_shop_that_uninstalls_is_served_no_more(empty_world: World, coming_and_going: Shopify) -> None:
    world, shopify = empty_world, coming_and_going
    await world.merchant(NEW_SHOP).document()
    shopify.uninstall(NEW_SHOP)
    await world.run_jobs()
    [shop] = world.rows("SELECT is_active, uninstalled_at FROM shops")
    assert shop["is_active"] == 0
    assert shop["uninstalled_at"]
    assert world.rows("SELECT shop_id FROM access_tokens") == []
    assert (await world.storefront(NEW_SHOP).get("products/1")).status_code == 404
    with pytest.raises(Unauthorized):
        await shops.access_token(world.app, NEW_SHOP)


async def test_a_shop_that_comes_back_is_installed_again(empty_world: World, coming_and_going: Shopify) -> None:
    world, shopify = empty_world, coming_and_going
    await world.merchant(NEW_SHOP).document()
    shopify.uninstall(NEW_SHOP)
    await world.run_jobs()
    world.clock.move(minutes=1)
    shopify.install(NEW_SHOP)
    assert (await world.merchant(NEW_SHOP).document()).status_code == 200
    [shop] = world.rows("SELECT is_active, uninstalled_at FROM shops")
    assert (shop["is_active"], shop["uninstalled_at"]) == (1, None)
    assert (await shops.access_token(world.app, NEW_SHOP)).access.startswith("shpat_")


@pytest.mark.parametrize("days", [1, 100])
async def test_an_uninstall_older_than_the_installation_changes_nothing(world: World, days: int) -> None:
    before = (datetime.now(UTC) - timedelta(days=days)).isoformat()
    await webhooks.deliver(world.http, {"id": 1}, topic="app/uninstalled", triggered_at=before)
    await world.run_jobs()
    assert [row["status"] for row in world.rows("SELECT status FROM webhook_deliveries")] == ["ignored"]
    assert (await world.storefront().get(f"products/{MUG}")).status_code == 200
    assert await shops.access_token(world.app, SHOP)


async def test_an_uninstall_delivered_late_leaves_the_new_installation(
    empty_world: World, coming_and_going: Shopify
) -> None:
    world, shopify = empty_world, coming_and_going
    await world.merchant(NEW_SHOP).document()
    shopify.uninstall(NEW_SHOP)
    await world.run_jobs()
    world.clock.move(minutes=1)
    shopify.install(NEW_SHOP)
    await world.merchant(NEW_SHOP).document()
    late = next(each for each in shopify.deliveries() if each["topic"] == "app/uninstalled")
    headers = late["headers"] | {"X-Shopify-Event-Id": "again"}
    assert (await world.http.post("/webhooks", content=late["body"], headers=headers)).status_code == 200
    await world.run_jobs()
    assert [row["is_active"] for row in world.rows("SELECT is_active FROM shops")] == [1]
    assert len(world.rows("SELECT shop_id FROM access_tokens")) == 1


@pytest.mark.parametrize("times", [1, 2])
async def test_an_uninstall_of_a_shop_we_never_saw_is_ignored(world: World, times: int) -> None:
    for _ in range(times):
        await webhooks.deliver(world.http, {"id": 1}, topic="app/uninstalled", shop_domain=NEW_SHOP, event_id="e-1")
    await world.run_jobs()
    assert [row["status"] for row in world.rows("SELECT status FROM webhook_deliveries")] == ["ignored"]


async def test_nobody_can_ask_a_shop_that_has_left(world: World) -> None:
    storefront = world.storefront()
    preview, wish = await storefront.asked(), await storefront.wish()
    await webhooks.deliver(world.http, {"id": 1}, topic="app/uninstalled")
    await world.run_all_jobs()
    assert (await storefront.cancel(preview)).status_code == 404
    assert (await storefront.post("previews", wish)).status_code == 404
    assert (await storefront.ticket_of(1000)).status_code == 404
