"""What becomes of an order and its lines: the same in whatever order, and however often, Shopify tells of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.personalization.model import Generation
from app.personalization.order_rules import (
    CANCELLED_LATE,
    LINE_REMOVED,
    NOT_FOUND,
    ORDER_CANCELLED,
    OTHER_CUSTOMER,
    OTHER_PRODUCT,
    OTHER_SHAPE,
    PICTURE_GONE,
    REMOVED_LATE,
    UNFINISHED,
    UNMAPPED,
    Match,
    Order,
    OrderFacts,
    OrderItem,
    OrderLine,
    decide,
    decide_by_order,
)
from app.personalization.print_sizes import Size
from tests.fakes.ports import START
from tests.unit.personalization.test_model import A4, DESIGN

MASTER = A4.master_size()
FINE = Match(DESIGN, A4, MASTER, same_product=True, same_customer=True)
ORDER = Order("order", "a", "9001", as_of=START)
LINE = OrderItem.from_line(ORDER, "item", OrderLine("501", "1001", "2001", "Poster", 2, "design"))
STATES = ("waiting", "queued", "printing", "ready", "needs_review", "unmapped", "failed", "cancelled")


@pytest.mark.parametrize(
    ("changes", "paid", "approved", "state", "reason"),
    [
        ({}, True, False, "queued", None),
        ({}, False, False, "waiting", None),
        ({"design": None, "master": None}, True, False, "needs_review", NOT_FOUND),
        ({"design": None, "size": None}, True, False, "needs_review", NOT_FOUND),
        ({"design": replace(DESIGN, status="failed")}, True, False, "needs_review", UNFINISHED),
        ({"design": replace(DESIGN, status="pending")}, True, False, "needs_review", UNFINISHED),
        ({"design": replace(DESIGN, status="cancelled")}, True, False, "needs_review", UNFINISHED),
        ({"master": None}, True, False, "needs_review", PICTURE_GONE),
        ({"size": None}, True, False, "unmapped", UNMAPPED),
        ({"size": None, "same_product": False}, True, False, "unmapped", UNMAPPED),
        ({"same_product": False}, True, False, "needs_review", OTHER_PRODUCT),
        ({"same_customer": False}, True, False, "needs_review", OTHER_CUSTOMER),
        ({"master": (1448, 1024)}, True, False, "needs_review", OTHER_SHAPE),
        ({"same_product": False}, True, True, "queued", None),
        ({"same_customer": False}, True, True, "queued", None),
        ({"master": (1448, 1024)}, True, True, "queued", None),
        ({}, False, True, "waiting", None),
        ({"design": None}, True, True, "needs_review", NOT_FOUND),
        ({"master": None}, True, True, "needs_review", PICTURE_GONE),
        ({"size": None}, True, True, "unmapped", UNMAPPED),
    ],
)
def test_what_becomes_of_a_line(
    changes: dict[str, Any], paid: bool, approved: bool, state: str, reason: str | None
) -> None:
    verdict = decide(replace(FINE, **changes), paid=paid, approved=approved)
    assert (verdict.state, verdict.reason) == (state, reason)


@given(
    design=st.sampled_from([None, DESIGN, replace(DESIGN, status="failed")]),
    size=st.sampled_from([None, A4]),
    master=st.sampled_from([None, MASTER, (100, 100)]),
    same=st.tuples(st.booleans(), st.booleans()),
    paid=st.booleans(),
    approved=st.booleans(),
)
def test_a_line_is_never_dropped_and_only_what_can_be_printed_is_queued(
    design: Generation | None,
    size: Size | None,
    master: tuple[int, int] | None,
    same: tuple[bool, bool],
    paid: bool,
    approved: bool,
) -> None:
    verdict = decide(Match(design, size, master, *same), paid=paid, approved=approved)
    assert verdict.state in ("queued", "waiting", "needs_review", "unmapped")
    assert (verdict.reason is None) == (verdict.state in ("queued", "waiting"))
    assert (verdict.generation_id, verdict.size_id) == (design and design.id, size and size.id)
    if verdict.state == "queued":
        assert paid
        assert None not in (design, size, master)


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize(
    ("cancelled", "quantity", "stopped", "late"),
    [(True, 2, ORDER_CANCELLED, CANCELLED_LATE), (False, 0, LINE_REMOVED, REMOVED_LATE)],
)
def test_what_nobody_wants_any_more_is_stopped_unless_its_print_is_made(
    state: str, cancelled: bool, quantity: int, stopped: str, late: str
) -> None:
    order = replace(ORDER, paid_at=START, cancelled_at=START if cancelled else None)
    item = replace(LINE, quantity=quantity, state=state, print_asset_id="print" if state == "ready" else None)
    after = decide_by_order(item, order)
    assert after is not None
    assert (after.state, after.reason) == (("ready", late) if state == "ready" else ("cancelled", stopped))


@pytest.mark.parametrize("state", STATES)
def test_what_shopify_says_never_takes_a_wanted_line_out_of_printing(state: str) -> None:
    item = replace(LINE, state=state, print_asset_id="print" if state == "ready" else None)
    after = decide_by_order(item, replace(ORDER, paid_at=START))
    judged_by_its_design = state in ("waiting", "queued", "needs_review", "unmapped", "cancelled")
    assert after == (None if judged_by_its_design else item)


def told(version: int, status: str, cancelled: bool, customer: str | None, left: int) -> OrderFacts:
    at = START + timedelta(seconds=version)
    return OrderFacts(
        order_id="9001",
        order_number=f"#{version}",
        customer_id=customer,
        total_price=version,
        currency="EUR",
        paid_at=at if status in ("paid", "partially_refunded", "refunded") else None,
        cancelled_at=at if cancelled else None,
        refund=status if "refunded" in status else None,
        is_test=False,
        as_of=at,
        lines=[OrderLine("501", "1001", "2001", "Poster", left, "design")],
    )


TELLINGS = st.lists(
    st.tuples(
        st.sampled_from(["pending", "paid", "partially_refunded", "refunded"]),
        st.booleans(),
        st.sampled_from([None, "7001"]),
        st.integers(0, 3),
    ),
    min_size=1,
    max_size=5,
)


@given(tellings=TELLINGS, data=st.data())
def test_an_order_is_the_same_in_whatever_order_and_however_often_it_is_told(
    tellings: list[tuple[str, bool, str | None, int]], data: st.DataObject
) -> None:
    facts = [told(version, *about) for version, about in enumerate(tellings)]
    often = [each for each in facts for _ in range(data.draw(st.integers(1, 5)))]
    shuffled = data.draw(st.permutations(often))
    straight, mixed = ORDER_UNTOLD, ORDER_UNTOLD
    for each in facts:
        straight = straight.merged_with(each)
    for each in shuffled:
        mixed = mixed.merged_with(each)
    assert mixed == straight


ORDER_UNTOLD = Order("order", "a", "9001")


def test_an_answer_of_shopify_wins_over_a_webhook_of_the_same_moment() -> None:
    webhook, answer = told(1, "paid", False, None, 2), replace(told(1, "refunded", False, None, 0), asked=True)
    assert ORDER_UNTOLD.merged_with(webhook).merged_with(answer).status == "refunded"
    assert ORDER_UNTOLD.merged_with(answer).merged_with(webhook).status == "refunded"
