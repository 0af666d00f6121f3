"""The pages on which a merchant sets up a shop: what they show, what they answer to bad input, and to other shops."""

from __future__ import annotations

import html
from typing import Any

import pytest

from tests.integration import webhooks
from tests.integration.servers import OTHER_SHOP, SHOP
from tests.integration.setup import chosen_on, done_on, seen_on
from tests.integration.storefront import A4_VARIANT, POSTER
from tests.integration.world import World

pytestmark = pytest.mark.anyio
MARK = {"text": "Mine", "position": "center", "opacity": "30", "size": "40", "active": True}
HOSTILE = "<img src=x onerror=alert(1)>"


async def set_up(world: World) -> str:
    """Choose the poster and print it on A sizes; the address of its page."""
    merchant = world.merchant()
    await merchant.document()
    assert (await merchant.post("/products", {"product_ids": [f"gid://shopify/Product/{POSTER}"]})).status_code == 200
    assert (await merchant.post("/blanks", {"starter": "poster-a"})).status_code == 200
    [product] = world.rows("SELECT id FROM products WHERE shopify_product_id = ? AND is_enabled = 1", POSTER)
    page = f"/products/{product['id']}"
    assert (await merchant.post(f"{page}/blanks", base(world))).status_code == 200
    return page


def base(world: World) -> dict[str, str]:
    [found] = world.rows("SELECT id FROM product_bases WHERE shop_id = ? AND starter = 'poster-a'", SHOP)
    return {"base_id": found["id"]}


def area(world: World, name: str) -> str:
    [found] = world.rows("SELECT id FROM product_base_variants WHERE shop_id = ? AND name = ?", SHOP, name)
    return str(found["id"])


async def test_the_guide_ticks_each_step_as_it_is_done(empty_world: World) -> None:
    world, merchant = empty_world, empty_world.merchant()
    assert done_on((await merchant.document()).text) == ["Install Artify"]
    page = await set_up(world)
    seen = seen_on((await merchant.document(page)).text)
    sizes = {"variants": [A4_VARIANT], "choices": [area(world, "A4")], "seen": seen}
    steps: list[tuple[str, str, Any]] = [
        ("Set print sizes", f"{page}/sizes", sizes),
        ("Add styles", "/styles", {"starter": "watercolour"}),
        ("Confirm the watermark", "/watermark", MARK),
    ]
    done = ["Install Artify", "Choose products", "Add a blank"]
    for title, path, body in steps:
        assert done_on((await merchant.document()).text) == done
        assert (await merchant.post(path, body)).status_code == 200
        done.append(title)
    assert done_on((await merchant.document()).text) == done
    storefront = world.storefront()
    offer = await storefront.offer(POSTER)
    done.append("Add the block to your theme")
    assert done_on((await merchant.document()).text) == done
    design = await world.design(product_id=POSTER, variant_id=A4_VARIANT, style_id=offer["styles"][0]["id"])
    done.append("Make a first preview")
    assert done_on((await merchant.document()).text) == done
    line = webhooks.line(design["id"], product_id=int(POSTER), variant_id=int(A4_VARIANT))
    await webhooks.deliver(world.http, webhooks.order(line))
    await world.run_jobs()
    assert "All 9 steps are done" in (await merchant.document()).text


async def test_the_block_is_seen_even_before_its_product_is_ready(world: World) -> None:
    await world.storefront().get(f"products/{POSTER}", design_mode="1")
    assert world.rows("SELECT block_seen_at FROM shops WHERE id = ?", SHOP) == [{"block_seen_at": None}]
    assert (await world.storefront().get("products/404")).status_code == 404
    [shop] = world.rows("SELECT block_seen_at FROM shops WHERE id = ?", SHOP)
    first = shop["block_seen_at"]
    assert first
    world.clock.move(days=1)
    await world.storefront().offer()
    assert world.rows("SELECT block_seen_at FROM shops WHERE id = ?", SHOP) == [{"block_seen_at": first}]


async def test_a_shop_that_removes_the_app_has_no_block_any_more(world: World) -> None:
    await world.storefront().offer()
    world.clock.move(minutes=1)
    await webhooks.deliver(world.http, {"myshopify_domain": SHOP}, topic="app/uninstalled")
    await world.run_jobs()
    assert world.rows("SELECT block_seen_at FROM shops WHERE id = ?", SHOP) == [{"block_seen_at": None}]


async def test_print_sizes_are_suggested_until_they_are_saved(empty_world: World) -> None:
    page, merchant = await set_up(empty_world), empty_world.merchant()
    shown = (await merchant.document(page)).text
    assert chosen_on(shown) == {A4_VARIANT: "A4", "7800000000012": "A3", "7800000000013": ""}
    assert "2 print sizes are suggested by name" in shown
    body = {"variants": [A4_VARIANT, "7800000000012"], "choices": [area(empty_world, "A2"), ""], "seen": seen_on(shown)}
    answer = (await merchant.post(f"{page}/sizes", body)).text
    assert chosen_on(answer) == {A4_VARIANT: "A2", "7800000000012": "A3", "7800000000013": ""}
    assert answer.count("Suggested") == 1


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"seen": "another"}, 409, "changed_elsewhere"),
        ({"variants": [A4_VARIANT, A4_VARIANT]}, 422, "bad_field"),
        ({"variants": ["404"]}, 422, "unknown_variant"),
        ({"choices": ["404"]}, 422, "unknown_area"),
        ({"choices": [HOSTILE]}, 422, "unknown_area"),
        ({"choices": "A4"}, 422, "bad_field"),
    ],
)
async def test_a_bad_mapping_is_refused_with_a_sentence(
    empty_world: World, change: dict[str, Any], status: int, code: str
) -> None:
    page, merchant = await set_up(empty_world), empty_world.merchant()
    seen = seen_on((await merchant.document(page)).text)
    body = {"variants": [A4_VARIANT], "choices": [area(empty_world, "A4")], "seen": seen}
    answer = await merchant.http.post(
        f"{page}/sizes", json=body | change, headers={"Authorization": f"Bearer {merchant.token}"}
    )
    error = answer.json()["error"]
    assert (answer.status_code, error["code"]) == (status, code)
    assert error["message"].endswith(".")
    assert empty_world.rows("SELECT id FROM sizes") == []


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"opacity": "0"}, "opacity"),
        ({"opacity": "100000"}, "opacity"),
        ({"size": "0"}, "size"),
        ({"position": "nowhere"}, "position"),
        ({"text": " "}, "text"),
        ({"text": "x" * 10_000}, "text"),
    ],
)
async def test_a_bad_watermark_is_refused_at_its_field(world: World, change: dict[str, Any], field: str) -> None:
    merchant = world.merchant()
    before = world.rows("SELECT * FROM watermarks")
    for path in ("/watermark", "/watermark/sample"):
        headers = {"Authorization": f"Bearer {merchant.token}"}
        answer = await merchant.http.post(path, json=MARK | change, headers=headers)
        assert (answer.status_code, answer.json()["error"]["field"]) == (422, field)
    assert world.rows("SELECT * FROM watermarks") == before


async def test_the_watermark_that_is_tried_is_drawn_and_not_saved(world: World) -> None:
    merchant = world.merchant()
    before = world.rows("SELECT * FROM watermarks")
    samples = [
        (await merchant.post("/watermark/sample", MARK | {"active": active})).text.partition('src="')[2]
        for active in (True, False)
    ]
    assert all(sample.startswith("data:image/webp;base64,") for sample in samples)
    assert samples[0] != samples[1]
    assert world.rows("SELECT * FROM watermarks") == before


async def test_html_in_names_is_shown_as_text(empty_world: World) -> None:
    world, page, merchant = empty_world, await set_up(empty_world), empty_world.merchant()
    await merchant.post("/styles", {"starter": "watercolour"})
    assert (await merchant.post("/watermark", MARK | {"text": HOSTILE})).status_code == 200
    variants = f'[{{"id":"1","options":[["Size","{HOSTILE}"]]}}]'
    for statement in (
        "UPDATE products SET title = ?",
        "UPDATE product_bases SET name = ?, description = name",
        "UPDATE product_base_variants SET name = ?",
        "UPDATE ai_styles SET name = ?",
    ):
        world.change(statement, HOSTILE)
    world.change("UPDATE products SET variants = ? WHERE variants IS NOT NULL", variants)
    for path in ("/", "/products", page, "/blanks", "/styles", "/watermark"):
        shown = (await merchant.document(path)).text
        assert HOSTILE not in shown, path
        assert path == "/" or html.escape(HOSTILE) in shown, path


@pytest.mark.parametrize("path", ["/styles", "/blanks"])
async def test_an_unknown_starter_is_not_found(world: World, path: str) -> None:
    answer = await world.merchant().post(path, {"starter": "unknown"})
    assert answer.status_code == 404
    assert "is not in the starter set" in answer.text


async def test_a_product_of_another_shop_has_no_page(world: World) -> None:
    for product in world.rows("SELECT id FROM products WHERE shop_id = ?", OTHER_SHOP):
        assert (await world.merchant().document(f"/products/{product['id']}")).status_code == 404


@pytest.mark.parametrize("name", ["cat.jpg", "unknown.webp", "..%2fstarter_set.py", "poster.webp"])
async def test_only_the_examples_of_styles_are_open_to_everyone(world: World, name: str) -> None:
    assert (await world.http.get(f"/starter/{name}")).status_code == 404
    shown = await world.http.get("/starter/pop-art.webp")
    assert (shown.status_code, shown.headers["content-type"]) == (200, "image/webp")


async def test_a_list_of_products_has_pages(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.personalization.products.PAGE_SIZE", 2)
    first = (await world.merchant().document("/products")).text
    [after] = [part.partition('"')[0] for part in first.split("/products?after=")[1:]]
    second = (await world.merchant().document("/products", after=after)).text
    assert [title for title in ("Mug", "Poster", "T-Shirt") if f"<strong>Photo {title}" in first] == ["Mug", "Poster"]
    assert [title for title in ("Mug", "Poster", "T-Shirt") if f"<strong>Photo {title}" in second] == ["T-Shirt"]
