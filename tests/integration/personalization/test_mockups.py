"""The design on its product, from the blank's template to the storefront, the merchant's page and its end."""

from __future__ import annotations

from typing import Any

import pytest
from PIL import Image, ImageChops, ImageStat

from app import personalization
from app.core.pictures import Picture
from handlers.demo import shop
from tests.integration import webhooks
from tests.integration.servers import SHOP
from tests.integration.storefront import A4_VARIANT, MUG, MUG_VARIANT, POSTER
from tests.integration.test_privacy import objects, storage_agrees
from tests.integration.world import World

pytestmark = pytest.mark.anyio


@pytest.fixture
async def world(world: World) -> World:
    """With mugs and posters on blanks that have templates. The world's own have none, for speed."""
    world.change("UPDATE product_bases SET starter = NULL")
    for key in shop.BLANKS:
        await personalization.take_blank(world.app, SHOP, key)
    for (product, _, _), areas in shop.PRODUCTS.items():
        if product in (MUG, POSTER):
            offer = await personalization.offer(world.app, SHOP, product)
            await shop.set_print_areas(world.app, offer.product_id, areas)
    return world


async def test_a_preview_comes_with_its_design_on_the_product(world: World) -> None:
    design = await world.design()
    mockup = await world.picture(design["mockup_url"])
    assert (mockup.format, mockup.size) == ("WEBP", (1024, 819))
    assert b"trainedAlgorithmicMedia" in mockup.info["xmp"]
    [asset] = world.rows("SELECT * FROM assets WHERE purpose = 'mockup'")
    [preview] = world.rows("SELECT * FROM assets WHERE purpose = 'preview'")
    same = ("shop_id", "owner_type", "owner_id", "guest_session_id", "shopper_id")
    assert [asset[name] for name in same] == [preview[name] for name in same]
    assert storage_agrees(world)


async def test_a_mockup_ends_with_its_link_and_comes_back_with_a_fresh_one(world: World) -> None:
    storefront = world.storefront()
    design = await world.design(storefront)
    world.clock.move(hours=1, seconds=1)
    assert (await world.http.get(design["mockup_url"])).status_code == 403
    await world.picture((await storefront.look(design))["mockup_url"])


async def test_a_mockup_bears_the_watermark(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is made of the preview: of the master, it would be a way around the watermark."""
    given: list[bytes] = []
    inner = world.app.imaging.mockup

    async def noting(design: bytes, *parts: Any, **how: Any) -> Picture | None:
        given.append(design)
        return await inner(design, *parts, **how)

    monkeypatch.setattr(world.app.imaging, "mockup", noting)
    marked = await world.design()
    [preview] = world.rows("SELECT key FROM assets WHERE purpose = 'preview'")
    assert given == [await world.app.files.get(preview["key"])]
    world.change("UPDATE watermarks SET is_active = 0")
    bare = await world.design()
    pictures = [(await world.picture(each["mockup_url"])).convert("RGB") for each in (marked, bare)]
    assert _difference(*pictures) > 0.5


async def test_a_mockup_of_a_shop_that_chose_no_watermark_bears_the_default_one(world: World) -> None:
    world.change("DELETE FROM watermarks")
    default = await world.design()
    await personalization.save_watermark(world.app, SHOP, shop.WATERMARK)
    world.change("UPDATE watermarks SET is_active = 0")
    bare = await world.design()
    pictures = [(await world.picture(each["mockup_url"])).convert("RGB") for each in (default, bare)]
    assert _difference(*pictures) > 0.5


async def test_each_size_is_shown_on_its_own_blank(world: World) -> None:
    poster = await world.design(product_id=POSTER, variant_id=A4_VARIANT)
    assert (await world.picture(poster["mockup_url"])).size == (819, 1024)


@pytest.mark.parametrize(
    "change",
    [
        """UPDATE product_bases SET mockup = '{"photo": "nothing"}'""",
        "UPDATE product_bases SET mockup = '[]'",
        "UPDATE assets SET deleted_at = created_at WHERE filename = 'mug-shine.webp'",
    ],
    ids=["malformed", "no template", "a picture is gone"],
)
async def test_a_template_that_cannot_be_drawn_costs_no_preview(world: World, change: str) -> None:
    world.change(change)
    design = await world.design()
    assert "mockup_url" not in design
    await world.picture(design["preview_url"])
    assert [line["preview"] for line in world.logged("mockup_failed")] == [design["id"]]


async def test_a_product_without_a_template_has_previews_alone(world: World) -> None:
    world.change("UPDATE product_bases SET mockup = NULL")
    design = await world.design()
    assert "mockup_url" not in design
    assert world.logged("mockup_failed") == []


async def test_a_variant_that_a_merchant_gives_a_size_is_on_that_sizes_blank(world: World) -> None:
    design = await world.design()
    await webhooks.deliver(world.http, webhooks.order(webhooks.line(design["id"], variant_id=404)))
    await world.run_jobs()
    [item] = world.rows("SELECT id FROM order_items WHERE state = 'unmapped'")
    [size] = world.rows("SELECT id FROM sizes WHERE shopify_variant_id = ?", MUG_VARIANT)
    assert (await world.merchant().orders_post(item["id"], "size", size_id=size["id"])).status_code == 200
    assert "mockup_url" in await world.design(variant_id="404")


async def test_who_deletes_their_photo_deletes_its_mockup(world: World) -> None:
    storefront = world.storefront()
    design = await world.design(storefront)
    [mockup] = world.rows("SELECT key FROM assets WHERE purpose = 'mockup'")
    assert mockup["key"] in objects(world)
    assert (await storefront.post(f"previews/{design['id']}/delete", {})).status_code == 200
    await world.run_jobs()
    assert mockup["key"] not in objects(world)
    assert (await world.http.get(design["mockup_url"])).status_code == 404
    assert storage_agrees(world)


async def test_the_merchant_sees_design_and_mockup_and_the_print_is_of_the_master(world: World) -> None:
    design = await world.design()
    await webhooks.deliver(world.http, webhooks.order(webhooks.line(design["id"])))
    await world.run_jobs()
    page = (await world.merchant().document("/orders")).text
    assert page.count('alt="Ordered design"') == page.count('alt="Design on the product"') == 1
    links = [part.split('"')[0].replace("&amp;", "&") for part in page.split('<a href="')[1:]]
    assert len([link for link in links if "/mockup_" in link]) == 1
    [opened] = [await world.http.get(link) for link in links if "/mockup_" in link]
    assert opened.headers["content-type"] == "image/webp"
    assert (await world.stored("print")).size == (2475, 1155)


def _difference(one: Image.Image, other: Image.Image) -> float:
    """Mean difference of 255."""
    return sum(ImageStat.Stat(ImageChops.difference(one, other)).mean) / 3
