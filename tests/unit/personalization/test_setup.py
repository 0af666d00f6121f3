"""A merchant sets up a shop: products, blanks, print sizes and styles, each twice, in two tabs, and with bad input."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select

from app import catalog, personalization
from app.catalog.queries import archive
from app.core.app import App
from app.core.errors import AppError, Conflict, NotFound, Unavailable, Unprocessable
from app.core.ports.shopify import ListedProduct, ProductDetails, ProductVariant
from app.media.tables import assets
from app.personalization import ProductSetup
from app.personalization.tables import ai_styles, product_base_variant_mappings, product_bases, product_styles, sizes
from app.shops import Shop
from tests.apps import OTHER_SHOP, open_shop
from tests.fakes.ports import START, NotingShopify
from tests.unit.personalization.payloads import line
from tests.unit.personalization.studio import Studio

pytestmark = pytest.mark.anyio
POSTER = ProductDetails(
    ListedProduct("7001", "Poster", "poster", True, START),
    False,
    [
        ProductVariant("8001", {"Size": "A4", "Paper": "Matte"}),
        ProductVariant("8002", {"Size": "A3", "Paper": "Matte"}),
    ],
    2,
)


@pytest.fixture
async def shop(app: App) -> Shop:
    assert isinstance(app.shopify, NotingShopify)
    app.shopify.products_by_id["7001"] = POSTER
    return await open_shop(app)


async def chosen(app: App, shop: Shop) -> str:
    """The id of the poster, chosen."""
    await personalization.choose_products(app, shop.id, ["gid://shopify/Product/7001"], [])
    [card] = (await personalization.product_list(app, shop.id)).cards
    return card.id


async def on_paper(app: App, shop: Shop) -> ProductSetup:
    """The poster, chosen, to be printed on A sizes."""
    product_id = await chosen(app, shop)
    await personalization.take_blank(app, shop.id, "poster-a")
    [card] = (await personalization.blank_list(app, shop.id)).cards
    return await personalization.use_blank(app, shop.id, product_id, card.id)


async def save(app: App, setup: ProductSetup, areas: dict[str, str], seen: str | None = None) -> ProductSetup:
    """Print variants on areas by name."""
    ids = {area.name: area.id for area in setup.linked_areas} | {"": ""}
    pairs = [(variant, ids.get(name, name)) for variant, name in areas.items()]
    product = setup.product
    return await personalization.save_print_areas(app, product.shop_id, product.id, pairs, seen or setup.seen)


async def test_a_chosen_product_is_what_shopify_says(app: App, shop: Shop) -> None:
    setup = await personalization.product_setup(app, shop.id, await chosen(app, shop))
    assert (setup.product.title, setup.product.is_enabled) == ("Poster", True)
    assert [variant.name for variant in setup.product.variants] == ["A4 / Matte", "A3 / Matte"]


async def test_a_product_that_is_read_again_has_its_new_variants_and_stays_disabled(app: App, shop: Shop) -> None:
    product_id = await chosen(app, shop)
    await catalog.enable_product(app, shop.id, product_id, is_enabled=False)
    app.shopify.products_by_id["7001"] = replace(POSTER, variants=POSTER.variants[:1])  # type: ignore[attr-defined]
    setup = await personalization.reread_product(app, shop.id, product_id)
    assert [variant.name for variant in setup.product.variants] == ["A4 / Matte"]
    assert setup == await personalization.product_setup(app, shop.id, product_id)
    assert not setup.product.is_enabled


async def test_choosing_again_changes_nothing_and_leaving_out_disables(app: App, shop: Shop) -> None:
    gid = "gid://shopify/Product/7001"
    first = await chosen(app, shop)
    await personalization.choose_products(app, shop.id, [gid, "7001", "07001"], [])
    await personalization.choose_products(app, shop.id, [gid], [gid])
    [card] = (await personalization.product_list(app, shop.id)).cards
    assert (card.id, card.is_enabled) == (first, True)
    await personalization.choose_products(app, shop.id, [], [gid])
    [card] = (await personalization.product_list(app, shop.id)).cards
    assert (card.id, card.is_enabled) == (first, False)


@pytest.mark.parametrize(
    ("ids", "code"),
    [
        (["7002"], "unknown_product"),
        (["gid://shopify/Order/x"], "unknown_product"),
        (["<b>"], "unknown_product"),
        ([""], "unknown_product"),
        ([], "no_product"),
        ([str(each) for each in range(1, 27)], "too_many_products"),
        (["7009"], "product_archived"),
    ],
)
async def test_a_product_that_cannot_be_chosen_is_refused(app: App, shop: Shop, ids: list[str], code: str) -> None:
    archived = replace(POSTER, product=replace(POSTER.product, shopify_product_id="7009"), is_archived=True)
    app.shopify.products_by_id["7009"] = archived  # type: ignore[attr-defined]
    with pytest.raises(Unprocessable) as refusal:
        await personalization.choose_products(app, shop.id, ids, [])
    assert (refusal.value.code, refusal.value.field) == (code, "product_ids")
    assert (await personalization.product_list(app, shop.id)).cards == []


async def test_nothing_is_chosen_while_shopify_does_not_answer(app: App, shop: Shop) -> None:
    app.shopify.fault = Unavailable()  # type: ignore[attr-defined]
    with pytest.raises(Unavailable):
        await personalization.choose_products(app, shop.id, ["7001"], [])
    assert (await personalization.product_list(app, shop.id)).cards == []


async def test_a_deleted_product_has_no_page_and_cannot_be_enabled(app: App, shop: Shop) -> None:
    product_id = await chosen(app, shop)
    await app.db.batch(*archive(shop.id, "7001", START))
    assert (await personalization.product_list(app, shop.id)).cards == []
    with pytest.raises(NotFound):
        await personalization.product_setup(app, shop.id, product_id)
    with pytest.raises(Conflict):
        await catalog.enable_product(app, shop.id, product_id, is_enabled=True)
    with pytest.raises(NotFound):
        await catalog.enable_product(app, OTHER_SHOP, product_id, is_enabled=True)


async def test_a_list_longer_than_a_page_goes_on_after_its_last_product(
    app: App, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.personalization.products.PAGE_SIZE", 2)
    titles = {"1": "C", "2": "A", "3": "B", "4": "B", "5": "D"}
    for each, title in titles.items():
        listed = ListedProduct(each, title, None, True, START)
        await personalization.add_products(app, shop.id, [replace(POSTER, product=listed)])
    found, after = list[str](), None
    for _ in range(3):
        page = await personalization.product_list(app, shop.id, after)
        found += [card.title for card in page.cards]
        after = page.after
    assert (found, after) == (["A", "B", "B", "C", "D"], None)
    assert (await personalization.product_list(app, shop.id, "unknown")).cards == []


@pytest.mark.parametrize("take", [personalization.take_blank, personalization.take_style])
async def test_taking_a_starter_twice_at_the_same_time_adds_it_once(app: App, shop: Shop, take: Any) -> None:
    key = "mug" if take is personalization.take_blank else "watercolour"
    await asyncio.gather(*[take(app, shop.id, key) for _ in range(3)])
    await take(app, shop.id, key)
    table = product_bases if key == "mug" else ai_styles
    assert len(await app.db.all(select(table.c.id))) == 1
    kept = {row["key"] for row in await app.db.all(select(assets.c.key))}
    assert {file.key for file in await app.files.list("")} == kept


@pytest.mark.parametrize("take", [personalization.take_blank, personalization.take_style])
@pytest.mark.parametrize("key", ["", "unknown", "<b>", "../cat.jpg"])
async def test_an_unknown_starter_is_not_found(app: App, shop: Shop, take: Any, key: str) -> None:
    with pytest.raises(NotFound):
        await take(app, shop.id, key)


async def test_a_blank_of_the_starter_set_comes_with_its_sizes(app: App, shop: Shop) -> None:
    await personalization.take_blank(app, shop.id, "blanket")
    found = await personalization.blank_list(app, shop.id)
    [card] = found.cards
    assert [(each.name, each.dpi, each.bleed_mm) for each in found.variants[card.id]] == [
        ("30×40 in", 150, 13),
        ("50×60 in", 150, 13),
        ("60×80 in", 120, 13),
    ]
    assert "blanket" not in {blank.key for blank in found.untaken}


async def test_a_disabled_blank_is_offered_only_where_it_is_used(app: App, shop: Shop) -> None:
    setup = await on_paper(app, shop)
    [blank] = setup.blanks
    await personalization.activate_blank(app, shop.id, blank.id, is_active=False)
    assert len((await personalization.product_setup(app, shop.id, setup.product.id)).blanks) == 1
    setup = await personalization.leave_blank(app, shop.id, setup.product.id, blank.id)
    assert setup.blanks == []


async def test_a_blank_is_suggested_by_how_many_variants_fit(app: App, shop: Shop) -> None:
    product_id = await chosen(app, shop)
    for key in ("mug", "poster-a"):
        await personalization.take_blank(app, shop.id, key)
    setup = await personalization.product_setup(app, shop.id, product_id)
    assert [(blank.name, blank.matches) for blank in setup.blanks] == [("Matte paper, A sizes", 2), ("White mug", 0)]


async def test_a_saved_print_size_is_what_the_storefront_sells(app: App, shop: Shop) -> None:
    setup = await on_paper(app, shop)
    assert [row.suggested_id for row in setup.rows] == [area.id for area in setup.linked_areas][:2]
    await personalization.take_style(app, shop.id, "watercolour")
    setup = await save(app, setup, {"8001": "A4", "8002": "A2"})
    assert [row.suggested_id for row in setup.rows] == [None, None]
    offer = await personalization.offer(app, shop.id, "7001")
    shown = [(size.name, size.shopify_variant_id, size.width_px, size.safe_mm) for size in offer.sizes]
    assert shown == [("A4", "8001", 2480, 5), ("A2", "8002", 4961, 5)]


async def test_a_changed_print_size_keeps_its_id_and_a_removed_one_is_not_sold(app: App, shop: Shop) -> None:
    await personalization.take_style(app, shop.id, "watercolour")
    setup = await save(app, await on_paper(app, shop), {"8001": "A4", "8002": "A3"})
    before = setup.sizes[0].id
    setup = await save(app, setup, {"8001": "A2", "8002": ""})
    assert [(size.id, size.name) for size in setup.sizes] == [(before, "A2")]
    mappings = await app.db.all(select(product_base_variant_mappings.c.is_active))
    assert sorted(row["is_active"] for row in mappings) == [False, False, True]


async def test_the_second_of_two_tabs_is_told_and_changes_nothing(app: App, shop: Shop) -> None:
    setup = await on_paper(app, shop)
    await save(app, setup, {"8001": "A4"})
    with pytest.raises(Conflict) as refusal:
        await save(app, setup, {"8001": "A2"})
    assert refusal.value.code == "changed_elsewhere"
    same = await save(app, setup, {"8001": "A4"})  # as it is already
    assert [size.name for size in same.sizes] == ["A4"]


async def test_two_tabs_at_the_same_moment_leave_one_size_of_a_variant(app: App, shop: Shop) -> None:
    setup = await on_paper(app, shop)
    answers = await asyncio.gather(
        *[save(app, setup, {"8001": name}) for name in ("A4", "A3", "A2")], return_exceptions=True
    )
    assert {type(each) for each in answers} <= {ProductSetup, Conflict}
    mappings = await app.db.all(
        select(product_base_variant_mappings).where(product_base_variant_mappings.c.is_active == 1)
    )
    assert len(mappings) == 1


@pytest.mark.parametrize(
    ("pairs", "code"),
    [
        ([("8001", "A4"), ("8001", "A3")], "mapped_twice"),
        ([("9999", "A4")], "unknown_variant"),
        ([("8001", "nothing")], "unknown_area"),
        ([("<b>", "")], "unknown_variant"),
    ],
)
async def test_a_bad_mapping_is_refused_as_a_whole(
    app: App, shop: Shop, pairs: list[tuple[str, str]], code: str
) -> None:
    setup = await on_paper(app, shop)
    ids = {area.name: area.id for area in setup.linked_areas}
    areas = [(variant, ids.get(name, name)) for variant, name in pairs]
    with pytest.raises(Unprocessable) as refusal:
        await personalization.save_print_areas(
            app, shop.id, setup.product.id, [("8002", ids["A3"]), *areas], setup.seen
        )
    assert refusal.value.code == code
    assert await app.db.all(select(sizes.c.id)) == []


async def test_a_print_area_of_another_shop_is_refused(app: App, shop: Shop) -> None:
    setup = await on_paper(app, shop)
    await open_shop(app, OTHER_SHOP)
    await personalization.take_blank(app, OTHER_SHOP, "poster-a")
    found = await personalization.blank_list(app, OTHER_SHOP)
    [base] = found.cards
    with pytest.raises(Unprocessable):
        await save(app, setup, {"8001": found.variants[base.id][0].id})
    for refused in (personalization.use_blank, personalization.leave_blank):
        with pytest.raises(NotFound):
            await refused(app, shop.id, setup.product.id, base.id)


async def test_a_line_that_waited_for_its_size_goes_on(studio: Studio) -> None:
    """An order of a variant that no print size was set for yet."""
    app, preview = studio.app, await studio.made()
    await studio.told("e1", line(preview=preview.id, variant_id=8001))
    details = replace(POSTER, product=replace(POSTER.product, shopify_product_id="1001"))
    await personalization.add_products(app, studio.shop.id, [details])
    await personalization.take_blank(app, studio.shop.id, "poster-a")
    [base] = (await personalization.blank_list(app, studio.shop.id)).cards
    setup = await personalization.use_blank(app, studio.shop.id, studio.poster.product_id, base.id)
    [waiting] = await personalization.order_cards(app, studio.shop.id)
    assert waiting.state == "unmapped"
    await save(app, setup, {"8001": "A4"})
    await studio.run()
    [ready] = await personalization.order_cards(app, studio.shop.id)
    assert (ready.state, ready.size) == ("ready", "A4")


async def test_a_taken_style_is_offered_on_products_and_a_new_product_gets_all(app: App, shop: Shop) -> None:
    await personalization.take_style(app, shop.id, "watercolour")
    product_id = await chosen(app, shop)
    await personalization.take_style(app, shop.id, "pop-art")
    setup = await personalization.product_setup(app, shop.id, product_id)
    assert [style.name for style in setup.offered] == ["Watercolour", "Pop art"]


async def test_a_style_that_a_product_left_out_stays_out(app: App, shop: Shop) -> None:
    product_id = await chosen(app, shop)
    await personalization.take_style(app, shop.id, "watercolour")
    [style] = (await personalization.product_setup(app, shop.id, product_id)).styles
    await personalization.offer_style(app, shop.id, product_id, style.id, is_offered=False)
    await personalization.take_style(app, shop.id, "watercolour")
    await personalization.choose_products(app, shop.id, ["7001"], [])
    assert (await personalization.product_setup(app, shop.id, product_id)).offered == []
    setup = await personalization.offer_style(app, shop.id, product_id, style.id, is_offered=True)
    assert [each.id for each in setup.offered] == [style.id]


async def test_styles_are_ordered_in_the_shop_and_on_a_product(app: App, shop: Shop) -> None:
    product_id = await chosen(app, shop)
    for key in ("watercolour", "pop-art", "night-ink"):
        await personalization.take_style(app, shop.id, key)
    cards = (await personalization.style_list(app, shop.id)).cards
    await personalization.move_style(app, shop.id, cards[2].id, up=True)
    await personalization.move_style(app, shop.id, cards[0].id, up=True)
    assert [card.name for card in (await personalization.style_list(app, shop.id)).cards] == [
        "Watercolour",
        "Night ink",
        "Pop art",
    ]
    setup = await personalization.move_offered_style(app, shop.id, product_id, cards[0].id, up=False)
    assert [style.name for style in setup.offered] == ["Pop art", "Watercolour", "Night ink"]
    with pytest.raises(NotFound):
        await personalization.move_style(app, shop.id, "unknown", up=True)


async def test_an_archived_style_is_gone_and_comes_back_when_it_is_taken_again(app: App, shop: Shop) -> None:
    await personalization.take_style(app, shop.id, "watercolour")
    [card] = (await personalization.style_list(app, shop.id)).cards
    await personalization.archive_style(app, shop.id, card.id)
    found = await personalization.style_list(app, shop.id)
    assert (found.cards, "watercolour" in {style.key for style in found.untaken}) == ([], True)
    changes: list[Any] = [
        lambda: personalization.archive_style(app, shop.id, card.id),
        lambda: personalization.activate_style(app, shop.id, card.id, is_active=True),
        lambda: personalization.activate_style(app, OTHER_SHOP, card.id, is_active=True),
    ]
    for change in changes:
        with pytest.raises(NotFound):
            await change()
    await personalization.take_style(app, shop.id, "watercolour")
    assert [each.id for each in (await personalization.style_list(app, shop.id)).cards] == [card.id]


async def test_a_disabled_style_is_not_offered(app: App, shop: Shop) -> None:
    await personalization.take_style(app, shop.id, "watercolour")
    await save(app, await on_paper(app, shop), {"8001": "A4"})
    [card] = (await personalization.style_list(app, shop.id)).cards
    assert card.products == 1
    await personalization.activate_style(app, shop.id, card.id, is_active=False)
    with pytest.raises(AppError):
        await personalization.offer(app, shop.id, "7001")
    assert len(await app.db.all(select(product_styles.c.id))) == 1
