"""What the storefront's block is told of a product."""

from __future__ import annotations

import pytest

from handlers.demo import shop
from tests.integration.servers import NEW_SHOP, OTHER_SHOP
from tests.integration.storefront import MUG, POSTER
from tests.integration.world import World

pytestmark = pytest.mark.anyio


async def test_an_offer_has_what_the_block_needs_and_nothing_else(world: World) -> None:
    offer = await world.storefront().offer(POSTER)
    assert set(offer) == {"product_id", "styles", "sizes", "limits", "texts"}
    assert offer["product_id"] == POSTER
    assert [style["name"] for style in offer["styles"]] == list(shop.STYLES)
    assert all(set(style) == {"id", "name", "example_url"} for style in offer["styles"])
    first = offer["sizes"][0]
    assert first | {"id": ""} == {
        "id": "",
        "name": "A4",
        "variant_id": "7800000000011",
        "width_px": 2480,
        "height_px": 3508,
        "aspect": round(2480 / 3508, 6),
        "good_width_px": 614,
        "safe": {"x": round(59 / 2480, 6), "y": round(59 / 3508, 6)},
    }
    assert set(offer["limits"]) == {"max_bytes", "content_types", "min_side_px"}
    assert offer["limits"]["max_bytes"] == 25 * 1024 * 1024
    assert "image/heic" in offer["limits"]["content_types"]
    assert offer["texts"]["consent"].endswith(".")


async def test_prompts_are_in_no_answer_to_a_browser(world: World) -> None:
    storefront = world.storefront()
    texts = [(await storefront.get(f"products/{MUG}")).text]
    asked = await storefront.ask()
    texts.append(asked.text)
    await world.run_jobs()
    texts.append(str(await storefront.look(asked.json())))
    texts.append((await world.merchant().document("/")).text)
    texts.append((await world.merchant().document("/orders")).text)
    prompts = [row["prompt_template"] for row in world.rows("SELECT prompt_template FROM ai_styles")]
    assert prompts
    assert [(prompt, text) for prompt in prompts for text in texts if prompt in text] == []


async def test_a_style_shows_its_example_by_a_signed_link(world: World) -> None:
    await world.design()
    world.change("UPDATE ai_styles SET example_asset_id = (SELECT id FROM assets WHERE purpose = 'preview')")
    offer = await world.storefront().offer()
    example = await world.picture(offer["styles"][0]["example_url"])
    assert example.format == "WEBP"


@pytest.mark.parametrize("product", ["1", "7700000000009", "nothing", "%00", "7700000000001%2F..", "x" * 3000])
async def test_a_product_that_is_not_sold_is_not_found(world: World, product: str) -> None:
    answer = await world.storefront().get(f"products/{product}")
    assert answer.status_code == 404
    assert answer.json()["error"]["code"] in ("product_not_enabled", "not_found")


async def test_a_product_that_was_switched_off_is_not_found(world: World) -> None:
    world.change("UPDATE products SET is_enabled = 0 WHERE shopify_product_id = ?", MUG)
    answer = await world.storefront().get(f"products/{MUG}")
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "product_not_enabled")


async def test_a_product_without_styles_is_not_ready(world: World) -> None:
    world.change("UPDATE ai_styles SET is_active = 0")
    answer = await world.storefront().get(f"products/{MUG}")
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "product_not_ready")


async def test_a_shop_without_the_app_offers_nothing(world: World) -> None:
    answer = await world.storefront(NEW_SHOP).get(f"products/{MUG}")
    assert answer.status_code == 404


async def test_a_product_of_another_shop_is_not_found(world: World) -> None:
    assert (await world.storefront(OTHER_SHOP).get(f"products/{MUG}")).status_code == 404
    assert (await world.storefront().get("products/1001")).status_code == 404
