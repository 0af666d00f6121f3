"""Edits, refunds, cancellations, late sizes and customers: each line ends in one state that says why."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from app import jobs, personalization, shops
from app.core.errors import Conflict, NotFound, Unavailable
from app.core.ports.shopify import ProxyVisit
from app.personalization.order_rules import CANCELLED_LATE, LINE_REMOVED, ORDER_CANCELLED, OTHER_CUSTOMER, REMOVED_LATE
from app.personalization.tables import order_items, orders
from tests.apps import OTHER_SHOP, SHOP, clock_of
from tests.fakes.ports import START, NotingShopify, PlainImaging
from tests.unit.personalization.payloads import line, order
from tests.unit.personalization.studio import KINDS, Studio

pytestmark = pytest.mark.anyio
READY = ("ready", None)
CANCELLED = "2026-11-21T13:00:00Z"


def at(minute: int) -> str:
    return f"2026-11-21T12:{minute:02}:00Z"


async def prints(studio: Studio) -> int:
    assert isinstance(studio.app.imaging, PlainImaging)
    return len(studio.app.imaging.printed)


def shopify_has(studio: Studio, *lines: dict[str, Any], **changes: Any) -> None:
    """What Shopify answers when it is asked for the order."""
    assert isinstance(studio.app.shopify, NotingShopify)
    studio.app.shopify.orders["9001"] = order(*lines, **{"customer": None, "updated_at": at(59)} | changes)


async def order_status(studio: Studio) -> str:
    row = await studio.app.db.one(select(orders.c.status))
    assert row is not None
    return str(row["status"])


async def only_item(studio: Studio) -> str:
    row = await studio.app.db.one(select(order_items.c.id))
    assert row is not None
    return str(row["id"])


async def test_an_order_that_is_cancelled_before_its_print_is_not_printed(studio: Studio) -> None:
    preview = await studio.made()
    await studio.hear("e1", order(line(preview=preview.id), updated_at=at(1)))
    await studio.hear("e2", order(line(preview=preview.id), updated_at=at(2), cancelled_at=CANCELLED))
    await studio.run()
    assert await studio.items() == {"501": ("cancelled", ORDER_CANCELLED)}
    assert await prints(studio) == 0
    assert await jobs.jobs_by_status(studio.app.db, ["pending", "running"], 10) == []


async def test_an_order_that_is_cancelled_after_its_print_keeps_it_and_says_so(studio: Studio) -> None:
    preview = await studio.made()
    await studio.told("e1", line(preview=preview.id), updated_at=at(1))
    await studio.told("e2", line(preview=preview.id), updated_at=at(2), cancelled_at=CANCELLED)
    assert await studio.items() == {"501": ("ready", CANCELLED_LATE)}
    assert await order_status(studio) == "cancelled"


async def test_a_cancellation_stops_a_print_that_is_being_made(studio: Studio) -> None:
    preview = await studio.made()
    await studio.hear("e1", order(line(preview=preview.id), updated_at=at(1)))
    (take,) = await jobs.jobs_by_status(studio.app.db, ["pending"], 10)
    await jobs.run_one(studio.app, KINDS, take.id)
    await studio.hear("e2", order(line(preview=preview.id), updated_at=at(2), cancelled_at=CANCELLED))
    assert isinstance(studio.app.imaging, PlainImaging)
    print_file = studio.app.imaging.print_file

    async def slow(*about: Any, **more: Any) -> Any:
        waiting = await jobs.jobs_by_status(studio.app.db, ["pending"], 10)
        for job in waiting:
            await jobs.run_one(studio.app, KINDS, job.id)
        return await print_file(*about, **more)

    studio.app.imaging.print_file = slow  # type: ignore[method-assign]
    (finalize,) = [
        job for job in await jobs.jobs_by_status(studio.app.db, ["pending"], 10) if job.kind.endswith("finalize")
    ]
    await jobs.run_one(studio.app, KINDS, finalize.id)
    assert await studio.items() == {"501": ("cancelled", ORDER_CANCELLED)}
    (card,) = await personalization.order_cards(studio.app, SHOP)
    assert card.print_key is None
    assert await jobs.jobs_by_status(studio.app.db, ["pending", "running"], 10) == []


async def test_a_line_that_is_refunded_whole_before_its_payment_is_cancelled(studio: Studio) -> None:
    preview = await studio.made()
    lines = [line(501, preview.id), line(502, preview.id)]
    await studio.told("e1", *lines, financial_status="pending", updated_at=at(1))
    shopify_has(studio, line(501, preview.id, current_quantity=0), line(502, preview.id, current_quantity=1))
    await studio.changed("e2")
    assert await studio.items() == {"501": ("cancelled", LINE_REMOVED), "502": READY}
    (card, _) = sorted(await personalization.order_cards(studio.app, SHOP), key=lambda each: each.state, reverse=True)
    assert (card.state, card.quantity) == ("ready", 1)


async def test_a_refund_after_the_print_changes_the_orders_status_alone(studio: Studio) -> None:
    preview = await studio.made()
    await studio.told("e1", line(501, preview.id), line(502, preview.id), updated_at=at(1))
    shopify_has(
        studio,
        line(501, preview.id, current_quantity=1),
        line(502, preview.id, current_quantity=0),
        financial_status="partially_refunded",
    )
    await studio.changed("e2")
    assert await studio.items() == {"501": READY, "502": ("ready", REMOVED_LATE)}
    assert await order_status(studio) == "partially_refunded"
    assert await prints(studio) == 2


async def test_an_edit_that_comes_before_its_order_brings_the_whole_order(studio: Studio) -> None:
    preview = await studio.made()
    shopify_has(studio, line(501, preview.id), line(502, preview.id, current_quantity=0))
    await studio.changed("e1")
    await studio.told("e2", line(501, preview.id), line(502, preview.id), updated_at=at(1))
    assert await studio.items() == {"501": READY, "502": ("cancelled", LINE_REMOVED)}
    row = await studio.app.db.one(select(orders.c.customer_id))
    assert row == {"customer_id": "7001"}


async def test_a_line_that_an_edit_brings_back_is_printed(studio: Studio) -> None:
    preview = await studio.made()
    shopify_has(studio, line(preview=preview.id, current_quantity=0), updated_at=at(2))
    await studio.changed("e1")
    shopify_has(studio, line(preview=preview.id, current_quantity=1), updated_at=at(3))
    await studio.changed("e2")
    assert await studio.items() == {"501": READY}


async def test_an_order_that_shopify_does_not_know_changes_nothing(studio: Studio) -> None:
    await studio.changed("e1")
    assert await studio.app.db.all(select(orders.c.id)) == []
    assert await jobs.jobs_by_status(studio.app.db, ["pending", "failed", "dead"], 10) == []


async def test_an_edit_is_asked_for_again_when_shopify_is_away(studio: Studio) -> None:
    preview = await studio.made()
    shopify_has(studio, line(preview=preview.id))
    assert isinstance(studio.app.shopify, NotingShopify)
    studio.app.shopify.fault = Unavailable()
    await studio.changed("e1")
    assert await studio.items() == {}
    studio.app.shopify.fault = None
    clock_of(studio.app).move(minutes=5)
    await studio.run()
    assert await studio.items() == {"501": READY}


async def test_an_approval_before_the_payment_is_kept(studio: Studio) -> None:
    preview = await studio.made()
    await studio.told("e1", line(preview=preview.id, variant_id=2002), financial_status="pending", updated_at=at(1))
    card = await personalization.retry_print(studio.app, SHOP, await only_item(studio), approved=True)
    assert card.state == "waiting"
    await studio.told("e2", line(preview=preview.id, variant_id=2002), updated_at=at(2))
    assert await studio.items() == {"501": READY}


async def test_a_variant_that_is_given_a_size_brings_every_line_on(studio: Studio) -> None:
    preview = await studio.made()
    for number, variant in ((501, 9999), (502, 9999), (503, None)):
        await studio.told(f"e{number}", line(number, preview.id, variant_id=variant), id=number)
    first, second, custom = await studio.app.db.all(select(order_items.c.id).order_by(order_items.c.id))
    a4 = next(size for size in await studio.sizes_to_map(first["id"]) if size.name == "A4")
    await personalization.map_size(studio.app, SHOP, first["id"], a4.id)
    await studio.run()
    assert [state for state, _ in (await studio.items()).values()] == ["ready", "ready", "unmapped"]
    await personalization.map_size(studio.app, SHOP, custom["id"], a4.id)
    await studio.told("e504", line(504, preview.id, variant_id=9999), id=504)
    assert await studio.items() == dict.fromkeys(("501", "502", "503", "504"), READY)
    with pytest.raises(Conflict):
        await personalization.map_size(studio.app, SHOP, second["id"], a4.id)


async def test_a_size_of_another_shop_is_not_found(studio: Studio) -> None:
    preview = await studio.made()
    await studio.told("e1", line(preview=preview.id, variant_id=9999))
    item_id = await only_item(studio)
    a4, *_ = await studio.sizes_to_map(item_id)
    with pytest.raises(NotFound):
        await personalization.map_size(studio.app, OTHER_SHOP, item_id, a4.id)
    with pytest.raises(NotFound):
        await personalization.map_size(studio.app, SHOP, item_id, "no size")


async def test_a_paid_test_order_is_printed_and_marked(studio: Studio) -> None:
    preview = await studio.made()
    await studio.told("e1", line(preview=preview.id), test=True)
    assert await studio.items() == {"501": READY}
    (card,) = await personalization.order_cards(studio.app, SHOP)
    assert card.is_test


CHANGES = ("pay", "sell", "edit", "refund", "cancel")
"""What happens to an order once it is made; `sell` gives it to another customer."""
ASKED = ("edit", "refund")
"""What webhooks do not tell whole: Shopify is asked for the order as it is by then."""


@dataclass(frozen=True)
class Past:
    """What happened to an order, and what it was like after each change."""

    topics: list[str]
    payloads: list[dict[str, Any]]

    @property
    def paid(self) -> bool:
        return "pay" in self.topics

    @property
    def cancelled(self) -> bool:
        return "cancel" in self.topics


@st.composite
def pasts(draw: st.DrawFn) -> tuple[Past, list[int]]:
    """An order's past; and each change's number, 1 to 3 times, in any order."""
    topics, payloads, now = ["create"], [], {"status": "pending", "left": 2, "buyer": 7001, "cancelled": None}
    topics += draw(st.lists(st.sampled_from(CHANGES), max_size=5))
    for minute, topic in enumerate(topics):
        if topic == "pay":
            now["status"] = "paid"
        if topic == "sell":
            now["buyer"] = draw(st.sampled_from([7001, 7002]))
        if topic == "edit":
            now["left"] = draw(st.integers(0, 2))
        if topic == "refund":
            now |= {"left": 0} | ({"status": "partially_refunded"} if now["status"] != "pending" else {})
        if topic == "cancel":
            now["cancelled"] = now["cancelled"] or at(minute)
        payloads.append(_payload(minute, **now))
    often = [number for number in range(len(topics)) for _ in range(draw(st.integers(1, 3)))]
    return Past(topics, payloads), draw(st.permutations(often))


def _payload(minute: int, *, status: str, left: int, buyer: int, cancelled: str | None) -> dict[str, Any]:
    return order(
        line(501, "designed", current_quantity=left),
        line(502, "designed", variant_id=9999),
        customer={"id": buyer},
        financial_status=status,
        cancelled_at=cancelled,
        updated_at=at(minute),
    )


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.differing_executors],
)
@given(told=pasts())
async def test_whatever_order_webhooks_come_in_and_however_often_orders_and_lines_end_the_same(
    studio: Studio, told: tuple[Past, list[int]]
) -> None:
    past, mixed = told
    shopper = await shops.visitor(studio.app, ProxyVisit(SHOP, "7001"), None)
    preview = await studio.made(visitor=shopper)
    for payload in past.payloads:
        for each in payload["line_items"]:
            each["properties"] = [{"name": "_artify_preview", "value": preview.id}]
    ends = []
    for numbers, late in ((range(len(past.topics)), False), (mixed, True)):
        await studio.forget_orders()
        for delivery, number in enumerate(numbers):
            await deliver(studio, past, number, event=f"e{number}-{delivery}", late=late)
        await studio.run()
        ends.append(await kept(studio))
    assert ends[0] == ends[1]
    assert_no_paid_line_is_dropped(past, *ends[0])


async def deliver(studio: Studio, past: Past, number: int, *, event: str, late: bool) -> None:
    """Work on one webhook alone; a late one after all has happened. What is printed by then may differ, as in life."""
    topic, now = past.topics[number], len(past.topics) if late else number
    clock_of(studio.app).at = START + timedelta(minutes=now)
    shopify_has(studio, **past.payloads[-1 if late else number] | {"customer": None})
    sent_at = START + timedelta(minutes=number)
    if topic in ASKED:
        await studio.change(event, sent_at=sent_at)
    else:
        await studio.hear(event, past.payloads[number], sent_at=sent_at)
    await jobs.run_due(studio.app, {name: kind for name, kind in KINDS.items() if name.endswith("_order")})


async def kept(studio: Studio) -> tuple[dict[str, Any], dict[str, dict[str, Any]]]:
    """The order, and its lines by Shopify's id, without what tells when and in which of our rows."""
    [row] = await studio.app.db.all(select(orders))
    items = await studio.app.db.all(select(order_items).order_by(order_items.c.shopify_line_item_id))
    ours = {"id", "order_id", "revision", "created_at", "updated_at", "print_asset_id", "final_generation_id"}
    whole = [{name: value for name, value in each.items() if name not in ours} for each in (row, *items)]
    return whole[0], {each["shopify_line_item_id"]: each for each in whole[1:]}


def assert_no_paid_line_is_dropped(past: Past, kept_order: dict[str, Any], items: dict[str, dict[str, Any]]) -> None:
    last, one, other = past.payloads[-1], items["501"], items["502"]
    assert kept_order["customer_id"] == _last_told_buyer(past)
    if past.cancelled:
        assert kept_order["status"] == "cancelled"
        assert {(each["state"], each["reason"]) for each in items.values()} == {("cancelled", ORDER_CANCELLED)}
        return
    if not last["line_items"][0]["current_quantity"]:
        assert (one["state"], one["reason"]) == ("cancelled", LINE_REMOVED)
    elif kept_order["customer_id"] != "7001":
        assert (one["state"], one["reason"]) == ("needs_review", OTHER_CUSTOMER)
    else:
        assert one["state"] == ("ready" if past.paid else "waiting")
    assert other["state"] == "unmapped"


def _last_told_buyer(past: Past) -> str:
    told = [payload for topic, payload in zip(past.topics, past.payloads, strict=True) if topic not in ASKED]
    return str(told[-1]["customer"]["id"])
