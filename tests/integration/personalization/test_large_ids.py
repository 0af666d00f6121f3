"""Shopify's ids are 64-bit numbers, and may pass what a float holds exactly: each digit counts on the whole way."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import select

from app.catalog import Product
from app.catalog.tables import products
from app.personalization import Size, Style
from app.personalization.tables import ai_styles
from devstore import catalog
from tests.apps import save_offer
from tests.integration import webhooks
from tests.integration.servers import SHOP, Shopify
from tests.integration.world import World

pytestmark = pytest.mark.anyio
PRODUCT, VARIANT, NEIGHBOUR = 2**53 + 1, 2**63 - 1, 2**63 - 3
"""Ids that a float would round to others, of which VARIANT and NEIGHBOUR would be one."""
VASE: dict[str, Any] = {
    "id": PRODUCT,
    "handle": "photo-vase",
    "title": "Photo Vase",
    "options": ["Size"],
    "description": "",
    "variants": [{"id": id, "title": str(id), "price": 1800} for id in (VARIANT, NEIGHBOUR)],
}


@pytest.fixture
def vase(shopify: Shopify, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shopify]:
    """Shopify sells a vase whose ids are large, and so are those of its next orders."""
    assert len({float(VARIANT), float(NEIGHBOUR)}) == 1
    monkeypatch.setitem(catalog.BY_HANDLE, "photo-vase", VASE)
    for variant in VASE["variants"]:
        monkeypatch.setitem(catalog.BY_VARIANT, variant["id"], (VASE, variant))
    catalog.PRODUCTS.append(VASE)
    monkeypatch.setattr(shopify.store.state, "_ids", itertools.count(2**62 + 1, 2))
    yield shopify
    catalog.PRODUCTS.remove(VASE)


async def test_a_product_with_large_ids_is_sold_printed_noted_and_read_again(world: World, vase: Shopify) -> None:
    await world.merchant().post("/products/sync", {})
    await world.run_jobs()
    await put_on_sale(world)
    offer = await world.storefront().offer(str(PRODUCT))
    assert [size["variant_id"] for size in offer["sizes"]] == [str(VARIANT), str(NEIGHBOUR)]
    wish = {"product_id": str(PRODUCT), "variant_id": str(NEIGHBOUR), "style_id": offer["styles"][0]["id"]}
    design = await world.design(**wish)
    properties = {"_artify_preview": design["id"]}
    order = vase.buy(
        {"id": NEIGHBOUR, "quantity": 2, "properties": properties}, name="Ada S", email="ada@shopper.example"
    )
    await world.run_all_jobs()
    [item] = world.rows(
        "SELECT i.*, o.shopify_order_id, o.customer_id FROM order_items i JOIN orders o ON o.id = order_id"
    )
    line = order["line_items"][0]
    assert min(order["id"], line["id"], order["customer"]["id"]) > 2**62
    assert (item["state"], item["reason"], item["shopify_order_id"]) == ("ready", None, str(order["id"]))
    ids = (item["shopify_line_item_id"], item["shopify_product_id"], item["shopify_variant_id"], item["customer_id"])
    assert ids == (str(line["id"]), str(PRODUCT), str(NEIGHBOUR), str(order["customer"]["id"]))
    [size] = world.rows("SELECT shopify_variant_id FROM sizes WHERE id = ?", item["size_id"])
    assert size["shopify_variant_id"] == str(NEIGHBOUR)
    marks = vase.marks(order)
    assert (list(marks["metafields"]), marks["tags"]) == ([f"artify.print_{line['id']}"], ["artify-print-ready"])
    order["line_items"][0]["current_quantity"] = 0
    vase.store.state.put("order", SHOP, order["id"], order)
    await webhooks.deliver(world.http, {"id": 1, "order_id": order["id"]}, topic="refunds/create")
    await world.run_jobs()
    [item] = world.rows("SELECT quantity FROM order_items")
    assert item["quantity"] == 0


@pytest.mark.parametrize("number", [2**53 + 1, 2**63 - 1, 2**64 - 1])
async def test_every_webhook_takes_large_ids_as_numbers_and_as_text(world: World, number: int) -> None:
    line = webhooks.line("nothing", id=number, product_id=number, variant_id=number)
    order = webhooks.order(line, id=number, customer={"id": number})
    told: dict[str, Any] = {
        "orders/create": order,
        "orders/edited": {"order_edit": {"order_id": number}},
        "refunds/create": {"order_id": str(number)},
        "products/update": {
            "id": number,
            "title": "Vase",
            "handle": "vase",
            "status": "active",
            "updated_at": "2026-11-21T12:00:00Z",
        },
        "customers/data_request": webhooks.redact(
            customer={"id": number}, orders_requested=[number, str(number), None]
        ),
    }
    for topic, payload in told.items():
        await webhooks.deliver(world.http, payload, topic=topic)
    kept = [json.loads(row["fields"]) for row in world.rows("SELECT fields FROM webhook_deliveries")]
    assert len(kept) == len(told)
    named = [fields.get("order_id") or fields.get("id") or fields.get("customer_id") for fields in kept]
    assert set(named) == {str(number)}
    await world.run_all_jobs()
    [item] = world.rows("SELECT * FROM order_items")
    assert {item[f"shopify_{name}_id"] for name in ("line_item", "product", "variant")} == {str(number)}
    assert world.rows("SELECT id FROM products WHERE shopify_product_id = ?", str(number))


async def put_on_sale(world: World) -> None:
    """The product that the sync has listed, with a size for each variant."""
    listed = await world.app.db.one(select(products).where(products.c.shopify_product_id == str(PRODUCT)))
    assert listed is not None
    style = await world.app.db.one(select(ai_styles).where(ai_styles.c.shop_id == SHOP))
    assert style is not None
    world.change("UPDATE products SET is_enabled = 1 WHERE id = ?", listed["id"])
    product = Product(listed["id"], SHOP, str(PRODUCT), "Photo Vase", "photo-vase", True, True)
    sizes = [Size(f"vase-{id}", product.id, str(id), 1200, 1200, str(id)) for id in (VARIANT, NEIGHBOUR)]
    await save_offer(world.app, product, sizes, [Style(style["id"], style["name"], style["prompt_template"])])
