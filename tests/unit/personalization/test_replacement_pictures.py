"""Another picture for an order's line: proposed, looked at, approved, printed."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import select, update

from app import media, personalization
from app.core.errors import AppError, BadPicture, Conflict, NotFound, Unprocessable
from app.core.ids import new_id
from app.generation.queries import insert
from app.media.tables import assets
from app.personalization import OrderCard
from app.personalization.order_lists import order_card
from app.personalization.order_rules import NOT_FOUND, PICTURE_GONE
from app.personalization.previews import PREVIEWS
from app.personalization.tables import order_items
from app.quotas.tables import quotas
from tests.apps import OTHER_SHOP, SHOP, clock_of, open_shop, send_photo, stock
from tests.fakes.ports import PlainImages, PlainImaging
from tests.unit.personalization.payloads import line
from tests.unit.personalization.studio import Studio

pytestmark = pytest.mark.anyio


async def card_of(studio: Studio) -> OrderCard:
    (card,) = await personalization.order_cards(studio.app, SHOP)
    return card


async def own_picture(studio: Studio, item_id: str) -> None:
    """The merchant sends a picture for this line, looks at it and approves."""
    upload = await send_photo(studio.app, studio.shop)
    await personalization.propose_picture(studio.app, studio.shop, item_id, upload)
    await studio.run()
    card = await order_card(studio.app, SHOP, item_id)
    await personalization.approve_picture(studio.app, SHOP, item_id, str(card.proposal_id))
    await studio.run()


async def lost(studio: Studio) -> str:
    """A paid line whose master was deleted before the print; the item's id."""
    preview = await studio.made()
    gone = update(assets).where(assets.c.purpose == "master").values(deleted_at=studio.app.clock.now())
    await studio.app.db.batch(gone)
    await studio.told("e1", line(preview=preview.id))
    assert await studio.items() == {"501": ("needs_review", PICTURE_GONE)}
    return (await card_of(studio)).item_id


async def test_a_new_picture_is_printed_once_the_merchant_has_approved_it(studio: Studio) -> None:
    item_id = await lost(studio)
    card = await personalization.propose_picture(studio.app, studio.shop, item_id, None)
    assert (card.state, card.proposal_status) == ("needs_review", "pending")
    await studio.run()
    card = await card_of(studio)
    assert (card.state, card.proposal_status, card.print_key) == ("needs_review", "completed", None)
    assert card.proposal_key is not None
    assert card.proposal_id is not None
    await personalization.approve_picture(studio.app, SHOP, item_id, card.proposal_id)
    await studio.run()
    card = await card_of(studio)
    assert (card.state, card.proposal_id, card.style) == ("ready", None, "Oil")
    assert isinstance(studio.app.image_model, PlainImages)
    assert [request.prompt for request in studio.app.image_model.asked] == ["an oil painting"] * 2


async def test_a_merchants_own_picture_is_printed_as_it_is(studio: Studio) -> None:
    item_id = await lost(studio)
    await own_picture(studio, item_id)
    card = await card_of(studio)
    assert (card.state, card.style) == ("ready", "Own picture")
    assert isinstance(studio.app.image_model, PlainImages)
    assert len(studio.app.image_model.asked) == 1
    (master,) = await studio.app.db.all(
        select(assets.c.width, assets.c.height).where(assets.c.purpose == "master", assets.c.deleted_at.is_(None))
    )
    assert (master["width"], master["height"]) == (2480, 3508)
    assert isinstance(studio.app.imaging, PlainImaging)
    assert [spec.by_ai for spec in studio.app.imaging.printed] == [False]


async def test_a_line_whose_design_nobody_knows_is_printed_from_a_picture_of_the_merchants(studio: Studio) -> None:
    await open_shop(studio.app, OTHER_SHOP)
    theirs = await stock(studio.app, OTHER_SHOP)
    place = {
        "shop_id": OTHER_SHOP,
        "product_id": theirs.product_id,
        "ai_style_id": theirs.styles[0].id,
        "size_id": None,
    }
    foreign = replace(await studio.made(), id=new_id(), **place)
    await studio.app.db.batch(insert(OTHER_SHOP, PREVIEWS, foreign))
    for event, ref in (("e1", foreign.id), ("e2", "made up")):
        await studio.told(event, line(int(event[1]), ref), id=event[1])
    assert await studio.items() == dict.fromkeys("12", ("needs_review", NOT_FOUND))
    for card in await personalization.order_cards(studio.app, SHOP):
        assert (card.style, card.can_be_remade, card.needs_size) == (None, False, False)
        with pytest.raises(Unprocessable, match="no_design"):
            await personalization.propose_picture(studio.app, studio.shop, card.item_id, None)
        await own_picture(studio, card.item_id)
    assert await studio.items() == dict.fromkeys("12", ("ready", None))
    assert {card.style for card in await personalization.order_cards(studio.app, SHOP)} == {"Own picture"}
    offered = await personalization.offer(studio.app, SHOP, "1001")
    assert [style.name for style in offered.styles] == ["Oil", "Ink"]


async def test_a_line_without_a_design_or_a_size_gets_both_from_the_merchant(studio: Studio) -> None:
    await studio.told("e1", line(501, "made up", variant_id=9999), line(502, "made up", variant_id=9999))
    first, second = await personalization.order_cards(studio.app, SHOP)
    assert (first.state, first.needs_size) == ("needs_review", True)
    with pytest.raises(Unprocessable, match="no_size"):
        await own_picture(studio, first.item_id)
    a4 = next(size for size in await studio.sizes_to_map(first.item_id) if size.name == "A4")
    card = await personalization.map_size(studio.app, SHOP, first.item_id, a4.id)
    assert (card.state, card.size, card.needs_size) == ("needs_review", "A4", False)
    await studio.run()
    for each in (first, second):
        await own_picture(studio, each.item_id)
    assert await studio.items() == dict.fromkeys(("501", "502"), ("ready", None))


async def test_a_picture_that_is_not_done_cannot_be_approved(studio: Studio) -> None:
    item_id = await lost(studio)
    card = await personalization.propose_picture(studio.app, studio.shop, item_id, None)
    with pytest.raises(Conflict):
        await personalization.approve_picture(studio.app, SHOP, item_id, str(card.proposal_id))
    assert (await card_of(studio)).state == "needs_review"


async def test_only_the_picture_that_was_proposed_last_can_be_approved(studio: Studio) -> None:
    item_id = await lost(studio)
    first = await personalization.propose_picture(studio.app, studio.shop, item_id, None)
    await personalization.propose_picture(studio.app, studio.shop, item_id, None)
    await studio.run()
    with pytest.raises(NotFound):
        await personalization.approve_picture(studio.app, SHOP, item_id, str(first.proposal_id))


async def test_a_new_picture_that_fails_is_seen_and_another_can_be_made(studio: Studio) -> None:
    item_id = await lost(studio)
    assert isinstance(studio.app.imaging, PlainImaging)
    studio.app.imaging.fault = BadPicture()
    await personalization.propose_picture(studio.app, studio.shop, item_id, None)
    await studio.run()
    assert (await card_of(studio)).proposal_status == "failed"
    studio.app.imaging.fault = None
    await personalization.propose_picture(studio.app, studio.shop, item_id, None)
    await studio.run()
    assert (await card_of(studio)).proposal_status == "completed"


@pytest.mark.parametrize("hours", [23, 25])
async def test_a_photo_is_kept_for_a_new_picture_when_it_was_ordered_within_its_day(studio: Studio, hours: int) -> None:
    preview = await studio.made()
    clock_of(studio.app).move(hours=hours)
    await media.sweep_uploads(studio.app)
    await studio.told("e1", line(preview=preview.id, product_id=404), updated_at=None)
    clock_of(studio.app).move(days=100)
    await media.sweep_uploads(studio.app)
    card = await card_of(studio)
    assert (card.state, card.can_be_remade) == ("needs_review", hours < 24)
    if card.can_be_remade:
        await personalization.propose_picture(studio.app, studio.shop, card.item_id, None)
        await studio.run()
        assert (await card_of(studio)).proposal_status == "completed"


async def test_a_photo_that_is_gone_makes_no_new_picture(studio: Studio) -> None:
    item_id = await lost(studio)
    gone = update(assets).where(assets.c.purpose == "upload").values(deleted_at=studio.app.clock.now())
    await studio.app.db.batch(gone)
    with pytest.raises(Unprocessable, match="upload_missing"):
        await personalization.propose_picture(studio.app, studio.shop, item_id, None)
    assert not (await card_of(studio)).can_be_remade


async def test_a_new_picture_counts_in_the_shops_month(studio: Studio) -> None:
    item_id = await lost(studio)
    await studio.app.db.batch(update(quotas).values(monthly_generation_limit=1))
    with pytest.raises(AppError) as refused:
        await personalization.propose_picture(studio.app, studio.shop, item_id, None)
    assert refused.value.status == 402
    row = await studio.app.db.one(select(order_items.c.proposed_generation_id))
    assert row == {"proposed_generation_id": None}


async def test_another_shop_neither_proposes_nor_approves(studio: Studio) -> None:
    item_id = await lost(studio)
    card = await personalization.propose_picture(studio.app, studio.shop, item_id, None)
    await studio.run()
    other = await open_shop(studio.app, OTHER_SHOP)
    with pytest.raises(NotFound):
        await personalization.propose_picture(studio.app, other, item_id, None)
    with pytest.raises(NotFound):
        await personalization.approve_picture(studio.app, OTHER_SHOP, item_id, str(card.proposal_id))
    with pytest.raises(NotFound):
        await personalization.open_picture(studio.app, other, item_id, media.UploadRequest("a.png", "image/png", 10))


async def test_a_line_that_is_printed_takes_no_other_picture(studio: Studio) -> None:
    preview = await studio.made()
    await studio.told("e1", line(preview=preview.id))
    with pytest.raises(Conflict):
        await personalization.propose_picture(studio.app, studio.shop, (await card_of(studio)).item_id, None)
