"""Webhooks of one shop that name everything of another: they are about their own shop alone."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from handlers.webhooks import TOPICS
from tests.integration import webhooks
from tests.integration.servers import OTHER_SHOP, SHOP
from tests.integration.storefront import MUG
from tests.integration.tenancy.belongings import CUSTOMER
from tests.integration.tenancy.conftest import Town
from tests.integration.tenancy.kept import changed, kept
from tests.integration.world import World

pytestmark = pytest.mark.anyio
ASKS_SHOPIFY = {"orders/edited", "refunds/create"}
"""Topics that change nothing by themselves: Shopify is asked for the order, by the shop's own token."""


@pytest.mark.parametrize("topic", TOPICS)
async def test_a_webhook_that_names_everything_of_another_shop_changes_nothing_there(town: Town, topic: str) -> None:
    world = town.world
    before, told = kept(world, SHOP), naming_everything(world, SHOP, topic)
    await heard(world, topic, told, OTHER_SHOP)
    assert changed(before, kept(world, SHOP)) == set()
    own = kept(world, SHOP)
    await heard(world, topic, told, SHOP)
    assert bool(changed(own, kept(world, SHOP))) == (topic not in ASKS_SHOPIFY)


async def heard(world: World, topic: str, told: dict[str, Any], shop: str) -> None:
    """The webhook is delivered, and worked on to its end. A shop is forgotten only when it has left."""
    for each in ["app/uninstalled", topic] if topic == "shop/redact" else [topic]:
        assert (await webhooks.deliver(world.http, told, topic=each, shop_domain=shop)).status_code == 200
        await world.run_jobs()
    assert world.rows("SELECT id FROM webhook_deliveries WHERE shop_id = ? AND status = 'received'", shop) == []


def naming_everything(world: World, shop: str, topic: str) -> dict[str, Any]:
    """One payload with the words of every topic, about the shop's order, its customer, and a product."""
    proposed = "SELECT * FROM order_items WHERE shop_id = ? AND proposed_generation_id IS NOT NULL"
    [item] = world.rows(proposed, shop)
    [order] = world.rows("SELECT * FROM orders WHERE id = ? AND customer_id = ?", item["order_id"], CUSTOMER)
    now, order_id = datetime.now(UTC).isoformat(), int(order["shopify_order_id"])
    line = webhooks.line(item["preview_ref"], id=int(item["shopify_line_item_id"]), variant_id=404, quantity=7)
    return webhooks.order(line, customer={"id": int(CUSTOMER)}) | {
        "id": int(MUG) if topic.startswith("products/") else order_id,
        "order_id": order_id,
        "cancelled_at": now,
        "updated_at": now,
        "title": "A product of the other shop",
        "status": "active",
        "current": ["read_products"],
        "shop_domain": shop,
        "orders_requested": [order_id],
        "orders_to_redact": [order_id],
    }
