"""Blanks: what a variant is printed on decides how its print file is made."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import select

from app import personalization
from app.core.errors import ConstraintError
from app.core.ids import new_id
from app.core.pictures import PrintSpec
from app.core.read_batch import ReadBatch
from app.media.tables import assets
from app.personalization import BaseVariant, Mapping, ProductBase
from app.personalization.queries import blanks, offers
from app.personalization.tables import product_base_variant_mappings
from tests.apps import OTHER_SHOP, SHOP, open_shop
from tests.fakes.ports import NotingShopify, PlainImaging
from tests.unit.personalization.payloads import line
from tests.unit.personalization.studio import Studio

pytestmark = pytest.mark.anyio
PROFILE = b"a printer's profile"


def card(base: ProductBase, **changes: object) -> BaseVariant:
    """210 × 297 mm at 150 dpi, 3 mm of bleed."""
    variant = BaseVariant(new_id(), base.id, "A4", ["A4"], 1240, 1754, bleed_mm=3, safe_mm=5, dpi=150)
    return replace(variant, **changes)  # type: ignore[arg-type]


async def mapped(studio: Studio, base: ProductBase, variant: BaseVariant, profile: bytes | None = None) -> None:
    """The studio's first size is printed on this blank."""
    size, shop_id = studio.poster.sizes[0], studio.shop.id
    assert size.shopify_variant_id
    await personalization.save_base(studio.app, shop_id, base, [variant], profile)
    mapping = Mapping(size.product_id, size.shopify_variant_id, variant.id)
    await personalization.map_base(studio.app, shop_id, size.product_id, base.id, [mapping])


async def printed(studio: Studio) -> tuple[PrintSpec, bytes | None]:
    """The spec and profile that the next design of the first size is printed by."""
    preview = await studio.made()
    await studio.told("e1", line(preview=preview.id))
    assert isinstance(studio.app.imaging, PlainImaging)
    return studio.app.imaging.printed[-1], studio.app.imaging.profiles[-1]


async def test_a_mapped_variant_prints_as_its_blank_says(studio: Studio) -> None:
    base = ProductBase(new_id(), "Card", ["Size"], "pdf", "perceptual", "#102030")
    await mapped(studio, base, card(base), PROFILE)
    spec, profile = await printed(studio)
    assert spec == PrintSpec(1240, 1754, 150, "pdf", by_ai=True, bleed=18, background="#102030", intent="perceptual")
    assert profile == PROFILE
    (shown,) = await personalization.order_cards(studio.app, SHOP)
    assert (shown.width, shown.height) == (1240 + 36, 1754 + 36)
    assert str(shown.print_filename).endswith(".pdf")
    assert str(shown.print_key).endswith(".pdf")
    assert isinstance(studio.app.shopify, NotingShopify)
    assert [(note.width, note.dpi) for note in studio.app.shopify.notes] == [(1276, 150)]


async def test_a_photo_lies_on_the_blanks_colour(studio: Studio) -> None:
    base = ProductBase(new_id(), "Black shirt", [], background="#101010")
    await mapped(studio, base, card(base))
    await studio.made()
    assert isinstance(studio.app.imaging, PlainImaging)
    assert studio.app.imaging.backgrounds[0] == "#101010"


async def test_a_variant_without_a_blank_prints_as_its_size_says(studio: Studio) -> None:
    spec, profile = await printed(studio)
    assert (spec, profile) == (PrintSpec(2480, 3508, 300, "jpg", by_ai=True), None)


async def test_what_a_variant_is_printed_on_can_change(studio: Studio) -> None:
    first, second = ProductBase(new_id(), "Card", []), ProductBase(new_id(), "Canvas", [])
    await mapped(studio, first, card(first))
    await mapped(studio, second, card(second, bleed_mm=40, dpi=200))
    spec, _ = await printed(studio)
    assert (spec.bleed, spec.dpi) == (315, 200)
    rows = await studio.app.db.all(select(product_base_variant_mappings.c.is_active))
    assert sorted(row["is_active"] for row in rows) == [False, True]


async def test_a_variant_means_one_blank_at_a_time(studio: Studio) -> None:
    base = ProductBase(new_id(), "Card", [])
    variant = card(base)
    await mapped(studio, base, variant)
    size, now = studio.poster.sizes[0], studio.app.clock.now()
    again = Mapping(size.product_id, str(size.shopify_variant_id), variant.id)
    with pytest.raises(ConstraintError):
        await studio.app.db.batch(blanks.insert_mapping(SHOP, again, now))


async def test_the_offer_says_what_is_cut_and_what_is_safe(studio: Studio) -> None:
    base = ProductBase(new_id(), "Card", [])
    await mapped(studio, base, card(base))
    offer = await personalization.offer(studio.app, SHOP, studio.poster.shopify_product_id)
    size = offer.sizes[0]
    assert (size.width_px, size.height_px, size.bleed_mm, size.safe_mm, size.dpi) == (1240, 1754, 3, 5, 150)
    assert (size.pixels(size.bleed_mm), size.pixels(size.safe_mm)) == (18, 30)
    assert offer.sizes[1].bleed_mm == 0


async def test_another_shops_blank_is_none_of_ours(studio: Studio) -> None:
    """Even if a mapping of another shop names our product and variant."""
    other = await open_shop(studio.app, OTHER_SHOP)
    base = ProductBase(new_id(), "Card", [], "pdf")
    variant, size = card(base), studio.poster.sizes[0]
    await personalization.save_base(studio.app, other.id, base, [variant])
    mapping = Mapping(size.product_id, str(size.shopify_variant_id), variant.id)
    await studio.app.db.batch(blanks.insert_mapping(other.id, mapping, studio.app.clock.now()))
    found = await offers.size(ReadBatch(studio.app.db), SHOP, size.id)
    assert found is not None
    assert found.print_format == "jpg"


async def test_a_print_whose_profile_is_gone_fails_and_says_so(studio: Studio) -> None:
    base = ProductBase(new_id(), "Card", [])
    await mapped(studio, base, card(base), PROFILE)
    row = await studio.app.db.one(select(assets.c.key).where(assets.c.purpose == "profile"))
    assert row is not None
    await studio.app.files.delete(row["key"])
    preview = await studio.made()
    await studio.told("e1", line(preview=preview.id))
    [(state, reason)] = (await studio.items()).values()
    assert state == "failed"
    assert reason == "The blank's colour profile no longer exists. Upload it again."
