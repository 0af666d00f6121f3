"""A photo is measured with its preview, and judged for the size that is bought: it is advice, and stops nobody."""

from __future__ import annotations

import io
from dataclasses import replace
from typing import Any

import pytest

from app import media, personalization
from app.core.errors import Unavailable
from app.core.ids import new_id
from app.media.queries import insert_asset
from app.personalization import BaseVariant, Mapping, OrderCard, ProductBase, Size
from app.personalization.preflight import Preflight
from app.personalization.queries import offers
from tests.apps import OTHER_SHOP, SHOP, open_shop, send_photo, stock
from tests.fakes.ports import PlainImaging
from tests.unit.personalization.payloads import line
from tests.unit.personalization.studio import Studio

pytestmark = pytest.mark.anyio


def photos_have(studio: Studio, width: int, height: int) -> None:
    """From now on the part that is printed has so many pixels."""
    assert isinstance(studio.app.imaging, PlainImaging)
    studio.app.imaging.pixels = (width, height)


async def judged(studio: Studio, size_id: str | None = None) -> Preflight | None:
    """A new preview for A4, judged for that or another size."""
    preview = await studio.made()
    return (await personalization.preview_state(studio.app, SHOP, preview.id, size_id)).preflight


async def sold_as(studio: Studio, width: int, height: int, variant: str) -> Size:
    size = Size(new_id(), studio.poster.product_id, f"{width} x {height}", width, height, variant)
    await studio.app.db.batch(offers.insert_size(SHOP, size, 9, studio.app.clock.now()))
    return size


async def card_of(studio: Studio) -> OrderCard:
    (card,) = await personalization.order_cards(studio.app, SHOP)
    return card


@pytest.mark.parametrize(("pixels", "verdict"), [((848, 1200), "ok"), ((500, 707), "warn"), ((300, 424), "poor")])
async def test_a_preview_says_whether_its_photo_is_good_enough(
    studio: Studio, pixels: tuple[int, int], verdict: str
) -> None:
    photos_have(studio, *pixels)
    found = await judged(studio)
    assert found is not None
    assert found.verdict == verdict
    assert (found.checks[0].name, found.checks[0].value) == ("dpi", round(pixels[0] / 2480 * 300))


async def test_nothing_is_said_of_a_photo_before_its_preview_is_done(studio: Studio) -> None:
    assert (await studio.state(await studio.ask())).preflight is None


async def test_a_design_is_judged_for_the_size_that_is_asked_for(studio: Studio) -> None:
    photos_have(studio, 500, 707)
    small, large = await sold_as(studio, 1240, 1754, "2003"), await sold_as(studio, 7016, 9921, "2004")
    verdicts = [found.verdict for each in (small, large) if (found := await judged(studio, each.id))]
    assert verdicts == ["ok", "warn"]


async def test_another_shops_size_is_not_there(studio: Studio) -> None:
    await open_shop(studio.app, OTHER_SHOP)
    theirs = await stock(studio.app, OTHER_SHOP)
    assert await judged(studio, theirs.sizes[0].id) is None


@pytest.mark.parametrize("fault", [Unavailable(), ZeroDivisionError()])
async def test_a_photo_that_cannot_be_measured_has_its_preview_all_the_same(studio: Studio, fault: Exception) -> None:
    async def broken(*_: Any, **__: Any) -> Any:
        raise fault

    studio.app.imaging.samples = broken  # type: ignore[method-assign]
    assert await judged(studio) is None
    assert isinstance(studio.app.log._stream, io.StringIO)
    assert '"event": "preflight_failed"' in studio.app.log._stream.getvalue()


async def test_a_line_is_judged_at_the_size_that_was_bought(studio: Studio) -> None:
    photos_have(studio, 500, 707)
    await sold_as(studio, 1240, 1754, "2003")
    preview = await studio.made()
    await studio.told("e1", line(501, preview.id, variant_id=2003))
    found, proposed = personalization.of_card(await card_of(studio), studio.app.upscaler)
    assert found is not None
    assert (found.verdict, found.checks[0].figure, proposed) == ("ok", "121 dpi before enlarging", None)


async def test_a_line_without_a_size_is_not_judged(studio: Studio) -> None:
    preview = await studio.made()
    await studio.told("e1", line(501, preview.id, variant_id=9999))
    assert personalization.of_card(await card_of(studio), studio.app.upscaler) == (None, None)


async def test_a_proposed_picture_is_judged_as_the_merchant_sent_it(studio: Studio) -> None:
    preview = await studio.made()
    await studio.told("e1", line(501, preview.id, product_id=404))
    photos_have(studio, 300, 424)
    upload = await send_photo(studio.app, studio.shop)
    await personalization.propose_picture(studio.app, studio.shop, (await card_of(studio)).item_id, upload)
    await studio.run()
    verdicts = [
        found and found.verdict for found in personalization.of_card(await card_of(studio), studio.app.upscaler)
    ]
    assert verdicts == ["ok", "poor"]


async def test_a_design_that_is_made_again_is_measured_again(studio: Studio) -> None:
    preview = await studio.made()
    await studio.told("e1", line(501, preview.id, product_id=404))
    photos_have(studio, 300, 424)
    card = await personalization.propose_picture(studio.app, studio.shop, (await card_of(studio)).item_id, None)
    assert card.proposal_preflight is None
    await studio.run()
    assert (await card_of(studio)).proposal_preflight == (await card_of(studio)).preflight | {
        "width": 300,
        "height": 424,
    }  # type: ignore[operator]


async def test_colours_are_judged_by_the_profile_of_the_blank(studio: Studio) -> None:
    app, now = studio.app, studio.app.clock.now()
    await app.files.put(f"{SHOP}/profile.icc", b"inks", "application/vnd.iccprofile")
    profile = media.Asset(new_id(), SHOP, f"{SHOP}/profile.icc", "profile", "inks.icc", "application/vnd.iccprofile", 4)
    base = replace(ProductBase(new_id(), "Paper", []), profile_asset_id=profile.id)
    paper = BaseVariant(new_id(), base.id, "A4", [], 2480, 3508)
    await app.db.batch(insert_asset(profile, now))
    await personalization.save_base(app, SHOP, base, [paper])
    mapping = Mapping(studio.poster.product_id, "2001", paper.id)
    assert (await judged(studio)).checks[-1].name == "cast"  # type: ignore[union-attr]
    await personalization.map_base(app, SHOP, studio.poster.product_id, base.id, [mapping])
    found = await judged(studio)
    assert found is not None
    assert (found.checks[-1].name, found.checks[-1].value, found.verdict) == ("gamut", 0.2, "warn")


async def test_the_width_of_a_good_photo_is_the_least_that_is_judged_good(studio: Studio) -> None:
    (a4, *_) = studio.poster.sizes
    least = personalization.good_width(a4, studio.app.upscaler)
    for width, verdict in ((least, "ok"), (least - 10, "warn")):
        photos_have(studio, width, 2000)
        assert (await judged(studio)).verdict == verdict  # type: ignore[union-attr]
