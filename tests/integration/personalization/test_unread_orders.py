"""Orders that could not be taken: the merchant sees them on Home and Orders, and reads them again from Shopify."""

from __future__ import annotations

from typing import Any

import pytest

from handlers.webhooks import TOPICS
from tests.integration import webhooks
from tests.integration.personalization.test_orders import bought
from tests.integration.servers import OTHER_SHOP, SHOP
from tests.integration.world import World

pytestmark = pytest.mark.anyio
OF_ORDERS = [topic for topic in TOPICS if topic.startswith(("orders/", "refunds/"))]
BUTTON = "Read order again"
ASKING = "Getting the order from Shopify."
UNKNOWN = "does not say which order"


@pytest.mark.parametrize("topic", OF_ORDERS)
async def test_a_message_that_names_no_order_is_shown_with_when_it_came(world: World, topic: str) -> None:
    await webhooks.deliver(world.http, {"id": {"odd": 1}, "order_id": [], "line_items": []}, topic=topic)
    page = await orders_page(world)
    now = world.clock.now()
    assert f"{now.day} {now:%b %Y}, {now:%H:%M} UTC" in page
    assert (UNKNOWN in page, BUTTON in page) == (True, False)
    assert "1 order could not be read" in await home_page(world)


async def test_other_messages_that_fail_are_no_orders(world: World) -> None:
    await webhooks.deliver(world.http, {"id": None}, topic="products/update")
    assert "could not be read" not in await orders_page(world) + await home_page(world)


async def test_an_order_that_was_given_up_is_read_again_when_the_merchant_asks(world: World) -> None:
    order = await given_up(world)
    page = await orders_page(world)
    assert f'href="{world.shopify.url}/{SHOP}/admin/orders/{order["id"]}" target="_top"' in page
    assert (page.count(BUTTON), ASKING in page) == (2, False)
    assert "2 orders could not be read" in await home_page(world)
    first, second = deliveries(world)
    assert ASKING in (await read(world, first)).text
    assert ASKING in (await read(world, first)).text, "asked twice, it is asked once"
    assert len(world.rows("SELECT id FROM jobs WHERE kind LIKE '%reread_order' AND status = 'pending'")) == 1
    await world.run_all_jobs()
    assert [row["state"] for row in world.rows("SELECT state FROM order_items")] == ["ready"]
    assert "could not be read" not in await orders_page(world) + await home_page(world)
    assert (await read(world, second)).status_code == 404, "the other message of the same order is answered too"


async def test_an_order_that_shopify_does_not_have_any_more_is_no_longer_shown(world: World) -> None:
    order = await given_up(world)
    world.shopify.store.state._db.execute("DELETE FROM records WHERE kind = 'order' AND id = ?", (str(order["id"]),))
    for delivery in deliveries(world):
        await read(world, delivery)
    await world.run_all_jobs()
    assert BUTTON not in await orders_page(world)


async def test_while_shopify_is_away_the_order_stays_and_can_be_asked_for_again(world: World) -> None:
    await given_up(world)
    [delivery, _] = deliveries(world)
    world.shopify.fail("error_500", 100)
    await read(world, delivery)
    await world.run_jobs()
    assert (await orders_page(world)).count(ASKING) > 0
    await world.run_all_jobs()
    assert (await orders_page(world)).count(BUTTON) == 2
    world.shopify.store.faults.clear()
    await read(world, delivery)
    await world.run_all_jobs()
    assert [row["state"] for row in world.rows("SELECT state FROM order_items")] == ["ready"]


async def test_a_message_that_names_no_order_cannot_be_read_again(world: World) -> None:
    await webhooks.deliver(world.http, {"id": None})
    [delivery] = deliveries(world)
    answer = await read(world, delivery)
    assert (answer.status_code, UNKNOWN in answer.text) == (409, True)


async def test_a_delivery_that_did_not_fail_or_is_another_shops_is_not_found(world: World) -> None:
    await webhooks.deliver(world.http, webhooks.order(webhooks.line("nothing")))
    await world.run_jobs()
    [row] = world.rows("SELECT id, status FROM webhook_deliveries")
    assert row["status"] == "done"
    assert (await read(world, row["id"])).status_code == 404
    await webhooks.deliver(world.http, {"id": None})
    [delivery] = deliveries(world)
    assert (await read(world, delivery, OTHER_SHOP)).status_code == 404


async def test_an_order_that_can_be_read_in_part_is_asked_for_and_needs_nobody(world: World) -> None:
    design = await world.design()
    order = world.shopify.order(bought(design["id"]))
    world.change("DELETE FROM webhook_deliveries")
    world.change("DELETE FROM jobs")
    odd = order | {"financial_status": {"paid": True}, "line_items": [{"id": None, **order["line_items"][0]}]}
    odd["line_items"][0] |= {"quantity": "one", "variant_id": {}}
    await webhooks.deliver(world.http, odd)
    await world.run_all_jobs()
    [item] = world.rows("SELECT state, reason, quantity, unread FROM order_items")
    assert item == {"state": "ready", "reason": None, "quantity": 1, "unread": None}


async def given_up(world: World) -> dict[str, Any]:
    """A paid order whose messages were recorded, and given up after every try: the database was in trouble."""
    design = await world.design()
    order = world.shopify.order(bought(design["id"]))
    world.may_crash = True
    world.change("ALTER TABLE order_items RENAME TO order_items_away")
    await world.run_all_jobs()
    world.change("ALTER TABLE order_items_away RENAME TO order_items")
    assert {row["status"] for row in world.rows("SELECT status FROM webhook_deliveries")} == {"failed"}
    return order


def deliveries(world: World) -> list[str]:
    rows = world.rows("SELECT id FROM webhook_deliveries WHERE status = 'failed' ORDER BY created_at DESC, id")
    return [row["id"] for row in rows]


async def read(world: World, delivery_id: str, shop: str = SHOP) -> Any:
    return await world.merchant(shop).post(f"/orders/deliveries/{delivery_id}/read", {})


async def orders_page(world: World) -> str:
    return (await world.merchant().document("/orders")).text


async def home_page(world: World) -> str:
    return (await world.merchant().document("/")).text
