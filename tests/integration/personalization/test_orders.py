"""A paid order becomes print files, and Shopify's order learns of them. Its webhooks come over a real socket."""

from __future__ import annotations

import io
import json
import re
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageCms

from tests.integration import webhooks
from tests.integration.servers import OTHER_SHOP, SHOP
from tests.integration.storefront import A4_VARIANT, MUG_VARIANT, POSTER
from tests.integration.world import World
from tests.sizes import resized

pytestmark = pytest.mark.anyio
MUG_PIXELS = (2475, 1155)
TAG = "artify-print-ready"


def bought(preview_id: str, variant: str = MUG_VARIANT, quantity: int = 1) -> dict[str, Any]:
    """A cart's line for the simulated checkout."""
    return {"variant_id": int(variant), "quantity": quantity, "properties": {"_artify_preview": preview_id}}


async def test_a_paid_design_becomes_a_print_file_of_exact_pixels(world: World) -> None:
    design = await world.design()
    world.shopify.order(bought(design["id"]))
    await world.run_jobs()
    printed = await world.stored("print")
    assert (printed.format, printed.mode, printed.size) == ("JPEG", "RGB", MUG_PIXELS)
    assert tuple(round(float(each)) for each in printed.info["dpi"]) == (300, 300)
    profile = ImageCms.ImageCmsProfile(io.BytesIO(printed.info["icc_profile"]))
    assert "srgb" in ImageCms.getProfileDescription(profile).lower()
    [item] = world.rows("SELECT * FROM order_items")
    assert (item["state"], item["reason"], item["quantity"]) == ("ready", None, 1)


async def test_the_print_is_the_picture_that_was_approved(world: World) -> None:
    design = await world.design()
    world.shopify.order(bought(design["id"]))
    await world.run_jobs()
    assert len(world.painter.asked) == 1
    master, printed = await world.stored("master"), await world.stored("print")
    small = np.asarray(printed.resize(master.size, Image.Resampling.LANCZOS), np.int16)
    assert np.abs(small - np.asarray(master.convert("RGB"), np.int16)).mean() < 4


async def test_a_poster_is_printed_at_its_own_size(world: World) -> None:
    design = await world.design(product_id=POSTER, variant_id=A4_VARIANT)
    world.shopify.order(bought(design["id"], A4_VARIANT))
    await world.run_jobs()
    assert (await world.stored("print")).size == (2480, 3508)


async def test_the_orders_page_shows_how_good_the_photo_is_in_figures(world: World) -> None:
    await world.merchant().document()
    design = await world.design()
    world.shopify.order(bought(design["id"]))
    await world.run_jobs()
    page = (await world.merchant().document("/orders")).text
    assert 'data-verdict="warn"' in page
    assert "78 dpi before enlarging" in page


async def test_a_line_says_how_its_preview_and_its_print_were_made(world: World) -> None:
    design = await world.design()
    world.shopify.order(bought(design["id"]))
    await world.run_jobs()
    page = (await world.merchant().document("/orders")).text
    assert re.search(rf"Preview: {world.painter.name}, in \d+\.\d s", page)
    assert re.search(r"Print file: enlarged \d\.\d times by plain resampling from \d+ × \d+ px, in \d+\.\d s", page)
    world.change(
        "UPDATE generations SET generation_params = ? WHERE generation_type = 'final'", '{"engine": "span-x4"}'
    )
    page = (await world.merchant().document("/orders")).text
    assert re.search(r"Print file: enlarged \d\.\d times by AI \(span-x4\) from", page)
    world.change("UPDATE generations SET upscale_status = 'not_needed' WHERE generation_type = 'final'")
    page = (await world.merchant().document("/orders")).text
    assert re.search(r"Print file: made from \d+ × \d+ px", page)


async def test_a_line_says_which_blank_it_is_printed_on(world: World) -> None:
    design = await world.design()
    world.shopify.order(bought(design["id"]))
    await world.run_jobs()
    page = (await world.merchant().document("/orders")).text
    assert "White mug, Size: 11 oz" in page


async def test_the_order_in_shopify_learns_of_its_print(world: World) -> None:
    design = await world.design()
    order = world.shopify.order(bought(design["id"]))
    await world.run_jobs()
    marks = world.shopify.marks(order)
    [line] = order["line_items"]
    [note] = marks["metafields"].values()
    assert (note["namespace"], note["key"], note["type"]) == ("artify", f"print_{line['id']}", "json")
    about = json.loads(note["value"])
    [asset] = world.rows("SELECT id FROM assets WHERE purpose = 'print'")
    assert (about["file_id"], about["width"], about["height"], about["dpi"]) == (asset["id"], *MUG_PIXELS, 300)
    assert marks["tags"] == [TAG]


async def test_an_order_that_shopify_sends_again_changes_nothing(world: World) -> None:
    design = await world.design()
    world.shopify.order(bought(design["id"]))
    await world.run_jobs()
    world.shopify.redeliver(world.shopify.delivered("orders/paid"))
    await world.run_jobs()
    assert len(world.rows("SELECT id FROM assets WHERE purpose = 'print'")) == 1


async def test_a_quantity_is_one_file_and_a_number(world: World) -> None:
    design = await world.design()
    world.shopify.order(bought(design["id"], quantity=3))
    await world.run_jobs()
    assert [row["quantity"] for row in world.rows("SELECT quantity FROM order_items")] == [3]
    assert len(world.rows("SELECT id FROM assets WHERE purpose = 'print'")) == 1


async def test_two_designs_in_one_order_are_two_prints_and_one_tag_at_the_end(world: World) -> None:
    storefront = world.storefront()
    first, second = await world.design(storefront), await world.design(storefront)
    order = world.shopify.order(bought(first["id"]), bought(second["id"]))
    await world.run_jobs()
    assert [row["state"] for row in world.rows("SELECT state FROM order_items")] == ["ready", "ready"]
    marks = world.shopify.marks(order)
    assert (len(marks["metafields"]), marks["tags"]) == (2, [TAG])


async def test_an_order_is_not_tagged_before_its_last_print(world: World) -> None:
    design = await world.design()
    order = world.shopify.order(bought(design["id"]), bought("nothing"))
    await world.run_jobs()
    assert (len(world.shopify.marks(order)["metafields"]), world.shopify.marks(order)["tags"]) == (1, [])


async def test_one_design_may_be_ordered_again(world: World) -> None:
    design = await world.design()
    for _ in range(2):
        world.shopify.order(bought(design["id"]))
    await world.run_jobs()
    assert [row["state"] for row in world.rows("SELECT state FROM order_items")] == ["ready", "ready"]


async def test_an_order_without_designs_is_none_of_ours(world: World) -> None:
    world.shopify.order({"variant_id": int(MUG_VARIANT), "quantity": 1, "properties": {"Engraving": "A"}})
    await world.run_jobs()
    assert world.rows("SELECT id FROM orders") == []
    assert {row["status"] for row in world.rows("SELECT status FROM webhook_deliveries")} == {"done"}


async def test_a_test_order_is_printed_and_marked(world: World) -> None:
    design = await world.design()
    world.shopify.order(bought(design["id"]), test=True)
    await world.run_jobs()
    assert [row["is_test"] for row in world.rows("SELECT is_test FROM orders")] == [1]
    assert [row["state"] for row in world.rows("SELECT state FROM order_items")] == ["ready"]


async def test_a_customers_own_design_is_printed(world: World) -> None:
    design = await world.design(world.storefront(customer="9001"))
    world.shopify.order(bought(design["id"]), customer_id=9001)
    await world.run_jobs()
    assert [row["state"] for row in world.rows("SELECT state FROM order_items")] == ["ready"]


async def test_another_customers_design_waits_until_the_merchant_agrees(world: World) -> None:
    design = await world.design(world.storefront(customer="9001"))
    world.shopify.order(bought(design["id"]), customer_id=9002)
    await world.run_jobs()
    item = review(world, "The design was made by another customer.")
    assert "Print anyway" in (await world.merchant().document("/orders")).text
    again = await world.merchant().retry(item)
    assert "needs_review" in again.text
    agreed = await world.merchant().retry(item, approved=True)
    assert 'data-state="queued"' in agreed.text
    await world.run_jobs()
    assert (await world.stored("print")).size == MUG_PIXELS


async def test_a_design_for_another_shape_waits_until_the_merchant_agrees(world: World) -> None:
    design = await world.design()
    for statement in resized(1000, 1000):
        world.change(statement)
    world.shopify.order(bought(design["id"]))
    await world.run_jobs()
    item = review(world, "The design and the ordered size have different proportions.")
    await world.merchant().retry(item, approved=True)
    await world.run_jobs()
    assert (await world.stored("print")).size == (1000, 1000)


async def test_a_design_for_another_product_needs_review(world: World) -> None:
    design = await world.design()
    world.shopify.order(bought(design["id"], A4_VARIANT))
    await world.run_jobs()
    review(world, "The design was made for another product.")


@pytest.mark.parametrize("reference", ["nothing", "0" * 36, "é", "x" * 5000, "../../etc/passwd", "%00"])
async def test_a_line_whose_design_nobody_knows_needs_review(world: World, reference: str) -> None:
    world.shopify.order(bought(reference))
    await world.run_jobs()
    item = review(world, "The design of this line was not found.")
    assert (await world.merchant().retry(item, approved=True)).status_code == 200
    review(world, "The design of this line was not found.")


async def test_a_design_of_another_shop_needs_review_and_is_never_printed(world: World) -> None:
    other = world.storefront(OTHER_SHOP)
    style = (await other.offer("1001"))["styles"][0]["id"]
    design = await world.design(other, product_id="1001", variant_id="2001", style_id=style)
    world.shopify.order(bought(design["id"]))
    await world.run_jobs()
    item = review(world, "The design of this line was not found.")
    await world.merchant().retry(item, approved=True)
    await world.run_jobs()
    assert world.rows("SELECT id FROM assets WHERE purpose = 'print'") == []


async def test_a_design_that_was_never_finished_needs_review(world: World) -> None:
    preview = await world.storefront().asked()
    world.painter.gate.clear()
    world.change("UPDATE jobs SET status = 'cancelled'")
    world.shopify.order(bought(preview["id"]))
    await world.run_jobs()
    review(world, "The design of this line was never finished.")


async def test_a_variant_without_a_size_is_printed_once_it_has_one(world: World) -> None:
    design = await world.design()
    world.change("UPDATE sizes SET shopify_variant_id = NULL WHERE shopify_variant_id = ?", MUG_VARIANT)
    order = world.shopify.order(bought(design["id"]))
    await world.run_jobs()
    [item] = world.rows("SELECT id, state, reason FROM order_items")
    assert (item["state"], item["reason"]) == ("unmapped", "No print size is set for this variant.")
    world.change("UPDATE sizes SET shopify_variant_id = ? WHERE name = '11 oz'", MUG_VARIANT)
    assert 'data-state="queued"' in (await world.merchant().retry(item["id"])).text
    await world.run_jobs()
    assert world.shopify.marks(order)["tags"] == [TAG]


async def test_a_print_that_is_ready_cannot_be_tried_again(world: World) -> None:
    design = await world.design()
    world.shopify.order(bought(design["id"]))
    await world.run_jobs()
    [item] = world.rows("SELECT id FROM order_items")
    answer = await world.merchant().retry(item["id"])
    assert answer.status_code == 409
    assert "is ready or was cancelled" in answer.text


async def test_a_print_whose_picture_is_gone_says_so_and_can_be_tried_again(world: World) -> None:
    design = await world.design()
    [master] = world.rows("SELECT key FROM assets WHERE purpose = 'master'")
    picture = await world.app.files.get(master["key"])
    await world.app.files.delete(master["key"])
    world.shopify.order(bought(design["id"]))
    await world.run_all_jobs()
    [item] = world.rows("SELECT id, state, reason FROM order_items")
    assert item["state"] == "failed"
    assert item["reason"].endswith(".")
    await world.app.files.put(master["key"], picture, "image/png")
    assert 'data-state="queued"' in (await world.merchant().retry(item["id"])).text
    await world.run_jobs()
    assert [row["state"] for row in world.rows("SELECT state FROM order_items")] == ["ready"]


async def test_an_unpaid_order_waits_for_its_payment(world: World) -> None:
    design = await world.design()
    order = webhooks.order(webhooks.line(design["id"]), financial_status="pending")
    await webhooks.deliver(world.http, order)
    await world.run_jobs()
    assert [row["state"] for row in world.rows("SELECT state FROM order_items")] == ["waiting"]
    await webhooks.deliver(world.http, order | {"financial_status": "paid"})
    await world.run_jobs()
    assert [row["state"] for row in world.rows("SELECT state FROM order_items")] == ["ready"]


async def test_a_cancelled_order_is_not_printed_even_when_paid_later(world: World) -> None:
    design = await world.design()
    order = webhooks.order(webhooks.line(design["id"]), financial_status="pending")
    await webhooks.deliver(world.http, order | {"cancelled_at": "2026-11-20T10:00:00-05:00"})
    await webhooks.deliver(world.http, order | {"financial_status": "paid"})
    await world.run_jobs()
    assert [row["status"] for row in world.rows("SELECT status FROM orders")] == ["cancelled"]
    assert world.rows("SELECT id FROM assets WHERE purpose = 'print'") == []


def review(world: World, reason: str) -> str:
    """The only line needs review for this reason; its id."""
    [item] = world.rows("SELECT id, shop_id, state, reason FROM order_items")
    assert (item["shop_id"], item["state"], item["reason"]) == (SHOP, "needs_review", reason)
    return str(item["id"])
