"""What Shopify tells of a shop that has left waits until it is back, and is done then."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from app import shops
from app.core.ports.shopify import ShopDetails
from tests.integration import webhooks
from tests.integration.servers import NEW_SHOP, SHOP
from tests.integration.storefront import MUG
from tests.integration.world import World

pytestmark = pytest.mark.anyio
UPDATE = {"id": int(MUG), "title": "A new name", "status": "active", "updated_at": "2030-01-01T00:00:00Z"}


async def leave(world: World, shop: str = SHOP) -> None:
    await webhooks.deliver(world.http, webhooks.left(shop), topic="app/uninstalled", shop_domain=shop)
    await world.run_jobs()


async def come_back(world: World) -> None:
    world.clock.move(minutes=5)
    assert (await world.merchant().document()).status_code == 200
    await world.run_all_jobs()


def deliveries(world: World) -> dict[str, str]:
    """Status by topic."""
    return {row["topic"]: row["status"] for row in world.rows("SELECT topic, status FROM webhook_deliveries")}


async def test_an_order_that_comes_before_the_shop_is_opened_again_is_taken_after_that(world: World) -> None:
    design = await world.design()
    await leave(world)
    await webhooks.deliver(world.http, webhooks.order(webhooks.line(design["id"])))
    await world.run_all_jobs()
    assert (deliveries(world)["orders/paid"], world.rows("SELECT id FROM orders")) == ("received", [])
    await come_back(world)
    assert deliveries(world)["orders/paid"] == "done"
    assert [row["state"] for row in world.rows("SELECT state FROM order_items")] == ["ready"]


async def test_it_waits_through_a_day_of_sweeps_and_a_second_delivery(world: World) -> None:
    order = webhooks.order(webhooks.line("nothing"))
    await leave(world)
    await webhooks.deliver(world.http, order, event_id="e-1")
    for _ in range(24):
        await world.run_jobs()
        world.clock.move(hours=1)
    await webhooks.deliver(world.http, order, event_id="e-1")
    await come_back(world)
    assert len(world.rows("SELECT id FROM order_items")) == 1


@pytest.mark.parametrize(
    ("topic", "payload"),
    [
        ("refunds/create", {"id": 1, "order_id": 404}),
        ("orders/edited", {"order_edit": {"order_id": 404}}),
        ("products/update", UPDATE),
        ("products/delete", {"id": 404}),
    ],
)
async def test_every_other_message_of_a_shops_work_waits_too(world: World, topic: str, payload: Any) -> None:
    await leave(world)
    await webhooks.deliver(world.http, payload, topic=topic)
    await world.run_all_jobs()
    assert deliveries(world)[topic] == "received"
    [job] = world.rows(
        "SELECT status, last_error FROM jobs WHERE subject_id IN (SELECT id FROM webhook_deliveries WHERE topic = ?)",
        topic,
    )
    assert job == {"status": "cancelled", "last_error": "uninstalled"}
    await come_back(world)
    assert deliveries(world)[topic] in ("done", "ignored")


async def test_what_waits_is_nothing_that_the_merchant_has_to_look_at(world: World) -> None:
    await leave(world)
    await webhooks.deliver(world.http, webhooks.order(webhooks.line("nothing")))
    await world.run_all_jobs()
    await come_back(world)
    assert "could not be read" not in (await world.merchant().document("/")).text


async def test_what_waits_goes_with_a_shop_that_is_redacted(world: World) -> None:
    await leave(world)
    await webhooks.deliver(world.http, webhooks.order(webhooks.line("nothing")))
    await world.run_all_jobs()
    world.clock.move(hours=48)
    later = world.clock.now().isoformat()
    await webhooks.deliver(world.http, {"shop_domain": SHOP}, topic="shop/redact", triggered_at=later)
    await world.run_all_jobs()
    assert set(deliveries(world)) <= {"shop/redact"}
    assert world.rows("SELECT id FROM jobs WHERE shop_id = ? AND kind = 'personalization.take_order'", SHOP) == []


async def test_a_shop_that_was_never_here_has_no_work_that_waits(world: World) -> None:
    await webhooks.deliver(world.http, webhooks.order(webhooks.line("nothing")), shop_domain=NEW_SHOP)
    await world.run_all_jobs()
    assert world.rows("SELECT id FROM jobs WHERE shop_id = ? AND last_error = 'uninstalled'", NEW_SHOP) == []


async def test_an_installation_in_the_same_moment_leaves_no_job_behind(world: World) -> None:
    """Whichever is first: the job is revived, or does not stop."""
    token, details = await shops.access_token(world.app, SHOP), ShopDetails("Shop", "a@shop.example", "USD", "UTC")
    for turn in range(10):
        await leave(world)
        await webhooks.deliver(world.http, webhooks.order(webhooks.line("nothing"), id=9000 + turn))
        world.clock.move(minutes=1)
        await asyncio.gather(shops.record_install(world.app, token, details), world.run_jobs())
        await world.run_all_jobs()
        assert len(world.rows("SELECT id FROM orders")) == turn + 1


async def test_a_job_whose_shop_comes_back_while_it_is_looked_at_is_tried_again(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    from app.shops.queries import installs

    await leave(world)
    await webhooks.deliver(world.http, webhooks.order(webhooks.line("nothing")))
    expect_absence = installs.expect_absence

    def late(*about: Any) -> Any:
        world.change("UPDATE shops SET is_active = 1 WHERE id = ?", SHOP)
        return expect_absence(*about)

    monkeypatch.setattr(installs, "expect_absence", late)
    await world.run_jobs()
    [job] = world.rows("SELECT status, last_error FROM jobs WHERE kind = 'personalization.take_order'")
    assert job == {"status": "pending", "last_error": "came_back"}
    await world.run_all_jobs()
    assert len(world.rows("SELECT id FROM order_items")) == 1
