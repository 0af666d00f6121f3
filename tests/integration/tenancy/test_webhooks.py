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
from tests.integration.tenancy.unchanged import changed, kept
from tests.integration.world import World

pytestmark = pytest.mark.anyio
ASKS_SHOPIFY = {"orders/edited", "refunds/create"}
"""Topics that change nothing by themselves: Shopify is asked for the order, by the shop's own token."""


@pytest.mark.parametrize("topic", TOPICS)
async def test_a_webhook_that_names_everything_of_another_shop_changes_nothing_there(town: Town, topic: str) -> None:
    world = town.world
    before, told = kept(world, SHOP), naming_everything(world, SHOP, topic)
    answer = await webhooks.deliver(world.http, told, topic=topic, shop_domain=OTHER_SHOP)
    assert answer.status_code == (401 if SHOP in (told.get("shop_domain"), told.get("myshopify_domain")) else 200)
    await world.run_jobs()
    assert changed(before, kept(world, SHOP)) == set()
    own = kept(world, SHOP)
    if topic == "shop/redact":  # a shop is forgotten only when it has left
        left = naming_everything(world, SHOP, "app/uninstalled")
        assert (await webhooks.deliver(world.http, left, topic="app/uninstalled")).status_code == 200
        await world.run_jobs()
    assert (await webhooks.deliver(world.http, told, topic=topic)).status_code == 200
    await world.run_jobs()
    assert bool(changed(own, kept(world, SHOP))) == (topic not in ASKS_SHOPIFY)
    assert world.rows("SELECT id FROM webhook_deliveries WHERE status = 'received'") == []


@pytest.mark.parametrize("product", [True, False])
async def test_an_order_of_another_shop_prints_no_design_of_this_one(town: Town, product: bool) -> None:
    """A merchant may sell anything in a shop of their own, and name a design of this one; its products are theirs."""
    world = town.world
    design = await world.design()
    [theirs] = world.rows("SELECT shopify_product_id FROM products WHERE shop_id = ? LIMIT 1", OTHER_SHOP)
    product_id = int(theirs["shopify_product_id"]) if product else None
    order = webhooks.order(webhooks.line(design["id"], product_id=product_id, variant_id=None))
    before = len(world.rows("SELECT id FROM assets WHERE purpose = 'print'"))
    assert (await webhooks.deliver(world.http, order)).status_code == 200
    await world.run_jobs()
    [line] = world.rows(
        "SELECT state FROM order_items WHERE shopify_line_item_id = ?", str(order["line_items"][0]["id"])
    )
    assert line["state"] in ("unmapped", "needs_review")
    assert len(world.rows("SELECT id FROM assets WHERE purpose = 'print'")) == before


def naming_everything(world: World, shop: str, topic: str) -> dict[str, Any]:
    """A payload of the topic about the shop, its order, its customer, or its product."""
    proposed = "SELECT * FROM order_items WHERE shop_id = ? AND proposed_generation_id IS NOT NULL"
    [item] = world.rows(proposed, shop)
    [order] = world.rows("SELECT * FROM orders WHERE id = ? AND customer_id = ?", item["order_id"], CUSTOMER)
    now, order_id, customer = datetime.now(UTC).isoformat(), int(order["shopify_order_id"]), {"id": int(CUSTOMER)}
    line = webhooks.line(item["preview_ref"], id=int(item["shopify_line_item_id"]), variant_id=404, quantity=7)
    ordered = webhooks.order(line, customer=customer) | {"id": order_id, "cancelled_at": now, "updated_at": now}
    return {
        "app/uninstalled": webhooks.left(shop),
        "app/scopes_update": {"current": ["read_products"]},
        "products/update": {"id": int(MUG), "title": "Another mug", "status": "active", "updated_at": now},
        "products/delete": {"id": int(MUG)},
        "orders/edited": {"order_edit": {"order_id": order_id}},
        "refunds/create": {"id": 1, "order_id": order_id},
        "customers/data_request": webhooks.redact(shop, customer=customer, orders_requested=[order_id]),
        "customers/redact": webhooks.redact(shop, customer=customer, orders_to_redact=[order_id]),
        "shop/redact": webhooks.redact(shop),
    }.get(topic, ordered)
