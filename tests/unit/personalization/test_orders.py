"""Orders: each paid line ends in one print file, in whatever order and however often Shopify tells of it."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from sqlalchemy import select, update

from app import personalization, shops
from app.core.errors import AppError, BadPicture, Conflict, NotFound, Unavailable
from app.core.ports.shopify import ProxyVisit
from app.core.read_batch import ReadBatch
from app.jobs import jobs_by_status
from app.personalization import LineFilter, order_actions
from app.personalization.order_matching import match_item
from app.personalization.order_rules import ORDER_CANCELLED, Match, Order, OrderItem, OrderLine
from app.personalization.tables import generations, order_items, orders, sizes
from tests.apps import OTHER_SHOP, SHOP, clock_of, open_shop, stock
from tests.fakes.ports import NotingQueue, NotingShopify, PlainImaging
from tests.unit.personalization.payloads import line
from tests.unit.personalization.studio import Studio

pytestmark = pytest.mark.anyio
READY = ("ready", None)


async def prints(studio: Studio) -> int:
    assert isinstance(studio.app.imaging, PlainImaging)
    return len(studio.app.imaging.printed)


async def only_item(studio: Studio) -> str:
    row = await studio.app.db.one(select(order_items.c.id))
    assert row is not None
    return str(row["id"])


async def failed_item(studio: Studio) -> str:
    """A paid line whose print failed, and would succeed now."""
    preview = await studio.made()
    assert isinstance(studio.app.imaging, PlainImaging)
    studio.app.imaging.fault = BadPicture()
    await studio.told("e1", line(preview=preview.id))
    studio.app.imaging.fault = None
    return await only_item(studio)


async def test_a_paid_design_becomes_one_print_file_that_shopify_is_told_of(studio: Studio) -> None:
    preview = await studio.made()
    await studio.told("e1", line(preview=preview.id))
    assert await studio.items() == {"501": READY}
    (card,) = await personalization.order_cards(studio.app, SHOP)
    assert (card.width, card.height, card.quantity, card.style, card.size) == (2480, 3508, 2, "Oil", "A4")
    assert card.print_key is not None
    assert await studio.app.files.get(card.print_key) == b"rendered developed print"
    assert isinstance(studio.app.shopify, NotingShopify)
    assert isinstance(studio.app.imaging, PlainImaging)
    assert [spec.by_ai for spec in studio.app.imaging.printed] == [True]
    (note,) = studio.app.shopify.notes
    assert (note.order_id, note.line_item_id, note.width, note.height, note.dpi) == ("9001", "501", 2480, 3508, 300)
    assert studio.app.shopify.tags == [("9001", "artify-print-ready")]


async def test_an_order_that_is_told_three_times_is_printed_once(studio: Studio) -> None:
    preview = await studio.made()
    for event in ("e1", "e1", "e2"):
        await studio.told(event, line(preview=preview.id))
    assert await studio.items() == {"501": READY}
    assert await prints(studio) == 1


async def test_an_order_waits_until_it_is_paid(studio: Studio) -> None:
    preview = await studio.made()
    await studio.told("e1", line(preview=preview.id), financial_status="pending")
    assert await studio.items() == {"501": ("waiting", None)}
    await studio.told("e2", line(preview=preview.id))
    assert await studio.items() == {"501": READY}


async def test_an_order_that_was_cancelled_before_it_was_paid_is_not_printed(studio: Studio) -> None:
    preview = await studio.made()
    await studio.told("e1", line(preview=preview.id), financial_status="voided", cancelled_at="2026-11-21T12:00:00Z")
    await studio.told("e2", line(preview=preview.id))
    assert await studio.items() == {"501": ("cancelled", ORDER_CANCELLED)}
    row = await studio.app.db.one(select(orders.c.status, orders.c.paid_at, orders.c.cancelled_at))
    assert row is not None
    assert row["status"] == "cancelled"
    assert None not in (row["paid_at"], row["cancelled_at"])


async def test_what_was_once_paid_stays_paid(studio: Studio) -> None:
    preview = await studio.made()
    await studio.told("e1", line(preview=preview.id))
    await studio.told("e2", line(preview=preview.id), financial_status="pending")
    row = await studio.app.db.one(select(orders.c.status))
    assert row == {"status": "paid"}


async def test_one_preview_may_serve_many_lines(studio: Studio) -> None:
    preview = await studio.made()
    await studio.told("e1", line(501, preview.id), line(502, preview.id))
    assert await studio.items() == {"501": READY, "502": READY}
    assert await prints(studio) == 2
    assert isinstance(studio.app.shopify, NotingShopify)
    assert studio.app.shopify.tags[-1] == ("9001", "artify-print-ready")


@pytest.mark.parametrize(
    ("preview", "changes", "state", "reason"),
    [
        ("made up", {}, "needs_review", "not found"),
        ("019aa0d1-0000-7000-8000-000000000001", {}, "needs_review", "not found"),
        (None, {"variant_id": 9999}, "unmapped", "print size"),
        (None, {"variant_id": None}, "unmapped", "print size"),
        (None, {"product_id": 9999}, "needs_review", "another product"),
        (None, {"variant_id": 2002}, "needs_review", "different proportions"),
    ],
)
async def test_a_line_in_doubt_is_kept_and_says_why(
    studio: Studio, preview: str | None, changes: dict[str, Any], state: str, reason: str
) -> None:
    made = await studio.made()
    await studio.told("e1", line(preview=preview or made.id, **changes))
    found, why = (await studio.items())["501"]
    assert found == state
    assert reason in (why or "")
    assert await prints(studio) == 0


async def test_a_design_that_was_never_finished_is_kept_and_says_so(studio: Studio) -> None:
    preview = await studio.ask()
    await personalization.cancel_preview(studio.app, studio.guest, preview.id)
    await studio.told("e1", line(preview=preview.id))
    assert (await studio.items())["501"] == ("needs_review", "The design of this line was never finished.")


@pytest.mark.parametrize(("buyer", "state"), [(7001, "ready"), (7002, "needs_review"), (None, "needs_review")])
async def test_a_customers_design_is_printed_for_that_customer(studio: Studio, buyer: int | None, state: str) -> None:
    customer = await shops.visitor(studio.app, ProxyVisit(SHOP, "7001"), None)
    preview = await studio.made(visitor=customer)
    await studio.told("e1", line(preview=preview.id), customer={"id": buyer} if buyer else None)
    assert (await studio.items())["501"][0] == state


async def test_a_design_of_another_shop_is_not_found(studio: Studio) -> None:
    preview = await studio.made()
    await open_shop(studio.app, OTHER_SHOP)
    await stock(studio.app, OTHER_SHOP)
    wanted = OrderLine("501", "1001", "2001", "Poster", 1, preview.id)
    at_once = ReadBatch(studio.app.db)
    for shop_id, design in ((OTHER_SHOP, None), (SHOP, preview.id)):
        item = OrderItem.from_line(Order("order", shop_id, "9001"), "item", wanted)
        match = await match_item(at_once, item, None)
        assert (match.design and match.design.id) == design


async def test_a_size_that_is_not_sold_any_more_is_unmapped_until_it_is_mapped(studio: Studio) -> None:
    preview = await studio.made()
    await studio.app.db.batch(update(sizes).where(sizes.c.name == "A4").values(is_active=False))
    await studio.told("e1", line(preview=preview.id))
    assert (await studio.items())["501"][0] == "unmapped"
    await studio.app.db.batch(update(sizes).where(sizes.c.name == "A4").values(is_active=True))
    await personalization.retry_print(studio.app, SHOP, await only_item(studio), approved=False)
    await studio.run()
    assert await studio.items() == {"501": READY}


async def test_a_merchant_may_approve_what_is_in_doubt(studio: Studio) -> None:
    preview = await studio.made()
    await studio.told("e1", line(preview=preview.id, variant_id=2002))
    item_id = await only_item(studio)
    card = await personalization.retry_print(studio.app, SHOP, item_id, approved=False)
    assert card.state == "needs_review"
    card = await personalization.retry_print(studio.app, SHOP, item_id, approved=True)
    assert card.state == "queued"
    await studio.run()
    assert await studio.items() == {"501": READY}


async def test_a_print_that_fails_is_seen_and_can_be_tried_again(studio: Studio) -> None:
    item_id = await failed_item(studio)
    assert await studio.items() == {"501": ("failed", BadPicture.message)}
    await personalization.retry_print(studio.app, SHOP, item_id, approved=False)
    await studio.run()
    assert await studio.items() == {"501": READY}


async def test_a_print_that_is_ready_is_not_made_again(studio: Studio) -> None:
    preview = await studio.made()
    await studio.told("e1", line(preview=preview.id))
    with pytest.raises(Conflict):
        await personalization.retry_print(studio.app, SHOP, await only_item(studio), approved=True)
    assert await prints(studio) == 1


async def test_a_retry_that_the_print_overtakes_is_a_conflict(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    item_id = await failed_item(studio)

    async def slow(*about: Any) -> Match:
        monkeypatch.setattr(order_actions, "match_item", match_item)
        await personalization.retry_print(studio.app, SHOP, item_id, approved=False)
        await studio.run()
        return await match_item(*about)

    monkeypatch.setattr(order_actions, "match_item", slow)
    with pytest.raises(Conflict):
        await personalization.retry_print(studio.app, SHOP, item_id, approved=False)
    assert await studio.items() == {"501": READY}


async def test_a_retry_hints_the_job_that_there_is(studio: Studio) -> None:
    item_id, queue = await failed_item(studio), NotingQueue()
    studio.app = replace(studio.app, queue=queue)
    await personalization.retry_print(studio.app, SHOP, item_id, approved=False)
    assert queue.woken == [job.id for job in await jobs_by_status(studio.app.db, ["pending"], 10)]


async def test_a_line_of_another_shop_cannot_be_retried(studio: Studio) -> None:
    await studio.told("e1", line(preview="made up"))
    with pytest.raises(NotFound):
        await personalization.retry_print(studio.app, OTHER_SHOP, await only_item(studio), approved=True)


async def test_retrying_many_times_at_once_prints_once(studio: Studio) -> None:
    preview = await studio.made()
    await studio.told("e1", line(preview=preview.id, variant_id=2002))
    item_id = await only_item(studio)
    tries = [personalization.retry_print(studio.app, SHOP, item_id, approved=True) for _ in range(5)]
    await asyncio.gather(*tries, return_exceptions=True)
    await studio.run()
    assert await studio.items() == {"501": READY}
    assert await prints(studio) == 1


async def test_a_shopify_that_is_away_is_told_later_and_the_print_is_ready_all_the_same(studio: Studio) -> None:
    preview = await studio.made()
    assert isinstance(studio.app.shopify, NotingShopify)
    studio.app.shopify.fault = Unavailable()
    await studio.told("e1", line(preview=preview.id))
    assert await studio.items() == {"501": READY}
    assert studio.app.shopify.notes == []
    studio.app.shopify.fault = None
    clock_of(studio.app).move(minutes=5)
    await studio.run()
    assert len(studio.app.shopify.notes) == 1


async def test_a_note_that_was_given_up_is_seen_at_its_line_and_sent_again_when_the_merchant_asks(
    studio: Studio,
) -> None:
    preview = await studio.made()
    assert isinstance(studio.app.shopify, NotingShopify)
    studio.app.shopify.fault = AppError(code="user_error")
    await studio.told("e1", line(preview=preview.id))
    (card,) = await personalization.order_cards(studio.app, SHOP, LineFilter.ATTENTION)
    assert (card.state, card.is_note_failed, card.print_key is not None) == ("ready", True, True)
    assert (await personalization.summary(studio.app, studio.shop)).need_attention == 1
    with pytest.raises(NotFound):
        await personalization.retry_note(studio.app, OTHER_SHOP, card.item_id)
    studio.app.shopify.fault = None
    card = await personalization.retry_note(studio.app, SHOP, card.item_id)
    assert (card.is_note_failed, card.is_note_pending) == (False, True)
    await studio.run()
    assert [note.line_item_id for note in studio.app.shopify.notes] == ["501"]
    with pytest.raises(Conflict):
        await personalization.retry_note(studio.app, SHOP, card.item_id)
    assert await personalization.order_cards(studio.app, SHOP, LineFilter.ATTENTION) == []
    assert (await personalization.summary(studio.app, studio.shop)).need_attention == 0


async def test_an_order_without_our_designs_is_not_recorded(studio: Studio) -> None:
    await studio.told("e1", line(preview=None))
    assert await studio.app.db.all(select(orders.c.id)) == []
    assert await jobs_by_status(studio.app.db, ["failed", "dead", "pending"], 10) == []


async def test_an_ordered_design_is_pinned(studio: Studio) -> None:
    preview = await studio.made()
    await studio.told("e1", line(preview=preview.id), financial_status="pending")
    row = await studio.app.db.one(select(generations.c.pinned_at).where(generations.c.id == preview.id))
    assert row == {"pinned_at": studio.app.clock.now()}


@pytest.mark.parametrize(
    ("title", "number", "name"),
    [
        ("Photo poster", "#1001", "1001-Photo-poster-A4-Oil.jpg"),
        ('Poster "A/B"; ../x', "#1001", "1001-Poster--A-B------x-A4-Oil.jpg"),
        ("写真", "#1001", "1001-A4-Oil.jpg"),
    ],
)
async def test_a_print_is_saved_under_a_name_that_a_print_shop_understands(
    studio: Studio, title: str, number: str, name: str
) -> None:
    preview = await studio.made()
    await studio.told("e1", line(preview=preview.id, title=title), name=number)
    (card,) = await personalization.order_cards(studio.app, SHOP)
    link = personalization.print_link(studio.app, card)
    assert link is not None
    assert parse_qs(urlsplit(link).query)["f"] == [name]
