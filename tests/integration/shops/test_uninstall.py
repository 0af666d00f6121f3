"""A shop leaves, and may come back."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import jwt
import pytest

from app import jobs, shops
from app.core.errors import Unauthorized
from app.core.times import to_text
from handlers.jobs import KINDS
from tests.integration import webhooks
from tests.integration.servers import NEW_SHOP, SHOP, Shopify
from tests.integration.storefront import MUG, MUG_VARIANT
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
    await webhooks.deliver(world.http, webhooks.left(), topic="app/uninstalled", triggered_at=before)
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
    late = shopify.delivered("app/uninstalled", NEW_SHOP)
    headers = late["headers"] | {"X-Shopify-Event-Id": "again"}
    assert (await world.http.post("/webhooks", content=late["body"], headers=headers)).status_code == 200
    await world.run_jobs()
    assert [row["is_active"] for row in world.rows("SELECT is_active FROM shops")] == [1]
    assert len(world.rows("SELECT shop_id FROM access_tokens")) == 1


@pytest.mark.parametrize("times", [1, 2])
async def test_an_uninstall_of_a_shop_we_never_saw_leaves_no_trace(world: World, times: int) -> None:
    for _ in range(times):
        await webhooks.deliver(
            world.http, webhooks.left(NEW_SHOP), topic="app/uninstalled", shop_domain=NEW_SHOP, event_id="e-1"
        )
    assert (
        world.rows("SELECT id FROM webhook_deliveries")
        == world.rows("SELECT id FROM jobs WHERE kind = 'shops.uninstall'")
        == []
    )
    assert len(world.logged("webhook_of_unknown_shop")) == times


async def test_the_jobs_of_a_shop_that_has_left_tell_shopify_nothing_until_it_is_back(
    world: World, shopify: Shopify
) -> None:
    design = await world.design()
    line = {"variant_id": int(MUG_VARIANT), "quantity": 1, "properties": {"_artify_preview": design["id"]}}
    order = shopify.order(line)
    await jobs.run_due(world.app, {name: kind for name, kind in KINDS.items() if not name.endswith("note_print")})
    assert len(world.rows("SELECT id FROM jobs WHERE status = 'pending'")) == 1, "the order is to be told of its print"
    preview = await world.storefront().asked()
    await webhooks.deliver(world.http, webhooks.left(), topic="app/uninstalled")
    await jobs.run_due(world.app, {"shops.uninstall": KINDS["shops.uninstall"]})
    await world.run_all_jobs()
    assert shopify.marks(order) == {"metafields": {}, "tags": []}
    stopped = world.rows("SELECT kind, last_error FROM jobs WHERE status = 'cancelled' ORDER BY kind")
    assert [row["kind"] for row in stopped] == ["personalization.note_print", "personalization.preview"]
    assert {row["last_error"] for row in stopped} == {"uninstalled"}
    assert world.quota()["running"] == 0
    world.clock.move(minutes=5)
    assert (await world.merchant().document()).status_code == 200
    await world.run_jobs()
    assert shopify.marks(order)["tags"] == ["artify-print-ready"]
    assert len(shopify.marks(order)["metafields"]) == 1
    assert (await world.storefront().look(preview))["status"] == "completed"


async def test_a_shop_that_left_and_came_back_within_minutes_is_spared_by_the_message_of_its_leaving(
    empty_world: World, coming_and_going: Shopify
) -> None:
    """The old token still looked good, so nothing was exchanged: the visit alone tells that it came back."""
    world = empty_world
    merchant = world.merchant(NEW_SHOP)
    await merchant.document()
    left_at = datetime.now(UTC) + timedelta(seconds=30)
    later = jwt.decode(merchant.token, options={"verify_signature": False}) | {"iat": int(left_at.timestamp()) - 25}
    world.change("UPDATE shops SET installed_at = ?", to_text(left_at - timedelta(days=3)))
    await merchant.fetch("/", jwt.encode(later, merchant.secret, algorithm="HS256"))
    left = (left_at - timedelta(seconds=28)).isoformat()
    await webhooks.deliver(
        world.http, webhooks.left(NEW_SHOP), topic="app/uninstalled", shop_domain=NEW_SHOP, triggered_at=left
    )
    await world.run_jobs()
    assert [row["status"] for row in world.rows("SELECT status FROM webhook_deliveries")] == ["ignored"]
    assert [row["is_active"] for row in world.rows("SELECT is_active FROM shops")] == [1]


async def test_nobody_can_ask_a_shop_that_has_left(world: World) -> None:
    storefront = world.storefront()
    preview, wish = await storefront.asked(), await storefront.wish()
    await webhooks.deliver(world.http, webhooks.left(), topic="app/uninstalled")
    await world.run_all_jobs()
    assert (await storefront.cancel(preview)).status_code == 404
    assert (await storefront.post("previews", wish)).status_code == 404
    assert (await storefront.ticket_of(1000)).status_code == 404
