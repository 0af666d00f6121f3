"""Shops and shoppers kept apart: another's id is like an id that does not exist."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from app.core.signed_links import view_token
from tests.integration import webhooks
from tests.integration.servers import OTHER_SHOP
from tests.integration.storefront import Storefront
from tests.integration.world import World

pytestmark = pytest.mark.anyio
WAYS_ON: dict[str, dict[str, Any]] = {
    "size": {"size_id": "1"},
    "note": {},
    "upload": {"filename": "a.png", "content_type": "image/png", "bytes": 10},
    "picture": {},
    "picture/approve": {"picture_id": "1"},
}


async def test_another_shops_upload_is_not_found(world: World) -> None:
    upload = await world.storefront(OTHER_SHOP).upload()
    answer = await world.storefront().ask(upload_id=upload)
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "upload_missing")


async def test_another_shops_style_is_not_found(world: World) -> None:
    style = (await world.storefront(OTHER_SHOP).offer("1001"))["styles"][0]["id"]
    answer = await world.storefront().ask(style_id=style)
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "unknown_style")


async def test_another_shops_product_is_not_found(world: World) -> None:
    answer = await world.storefront().ask(product_id="1001", variant_id="2001")
    assert answer.status_code == 404


async def test_a_picture_of_ours_is_no_upload(world: World) -> None:
    storefront = world.storefront()
    await world.design(storefront)
    [master] = world.rows("SELECT id FROM assets WHERE purpose = 'master'")
    assert (await storefront.ask(upload_id=master["id"])).status_code == 404


async def test_another_shop_sees_no_preview(world: World) -> None:
    design = await world.design()
    other = world.storefront(OTHER_SHOP)
    answer = await other.get(f"previews/{design['id']}", view_token=design["view_token"])
    assert answer.status_code == 404
    other.guest_token = design["guest_token"]
    assert (await other.cancel(design)).status_code == 404


async def test_a_guest_token_of_another_shop_is_unknown(world: World) -> None:
    design = await world.design()
    other = world.storefront(OTHER_SHOP)
    mine = await asked_there(other, guest_token=design["guest_token"])
    assert mine["guest_token"] != design["guest_token"]


async def test_a_customer_of_another_shop_is_another_shopper(world: World) -> None:
    await world.storefront(customer="9001").asked()
    await asked_there(world.storefront(OTHER_SHOP, customer="9001"))
    shoppers = world.rows("SELECT shop_id FROM shoppers WHERE shopify_customer_id = '9001'")
    assert len(shoppers) == 2


async def test_another_shops_order_item_is_not_found(world: World) -> None:
    await webhooks.deliver(world.http, webhooks.order(webhooks.line("nothing")))
    await world.run_jobs()
    [item] = world.rows("SELECT id FROM order_items")
    assert (await world.merchant(OTHER_SHOP).retry(item["id"])).status_code == 404
    assert (await world.merchant(OTHER_SHOP).retry(item["id"], approved=True)).status_code == 404
    assert item["id"] not in (await world.merchant(OTHER_SHOP).document("/orders")).text
    for what, body in WAYS_ON.items():
        answer = await world.merchant(OTHER_SHOP).orders_post(item["id"], what, **body)
        assert answer.status_code == 404, what
    assert (await world.merchant().retry(item["id"])).status_code == 200


async def test_a_view_token_is_for_one_preview(world: World) -> None:
    storefront = world.storefront()
    first, second = await storefront.asked(), await storefront.asked()
    assert (await storefront.get(f"previews/{first['id']}", view_token=second["view_token"])).status_code == 404


async def test_a_view_token_ends_after_a_day(world: World) -> None:
    storefront = world.storefront()
    preview = await storefront.asked()
    world.clock.move(hours=24)
    answer = await storefront.get(f"previews/{preview['id']}", view_token=preview["view_token"])
    assert answer.status_code == 404


@pytest.mark.parametrize(
    "token", ["", ".", "1", "9999999999.", "9999999999.é", "é.é", "٣.0", "-1.0", "9" * 6000 + ".0"]
)
async def test_a_made_up_view_token_shows_nothing(world: World, token: str) -> None:
    storefront = world.storefront()
    preview = await storefront.asked()
    assert (await storefront.get(f"previews/{preview['id']}", view_token=token)).status_code == 404
    assert (await storefront.get(f"previews/{preview['id']}")).status_code == 404


async def test_a_view_token_made_with_another_key_shows_nothing(world: World) -> None:
    storefront = world.storefront()
    preview = await storefront.asked()
    forged = view_token(b"x" * 32, preview["id"], world.clock.now() + timedelta(hours=1))
    assert (await storefront.get(f"previews/{preview['id']}", view_token=forged)).status_code == 404


async def test_a_preview_that_never_was_is_not_found_even_with_a_token(world: World) -> None:
    token = view_token(world.app.settings.link_key, "nobody", world.clock.now() + timedelta(hours=1))
    assert (await world.storefront().get("previews/nobody", view_token=token)).status_code == 404


async def asked_there(storefront: Storefront, **wish: Any) -> dict[str, Any]:
    """A preview of the other shop's poster."""
    style = (await storefront.offer("1001"))["styles"][0]["id"]
    return await storefront.asked(product_id="1001", variant_id="2001", style_id=style, **wish)
