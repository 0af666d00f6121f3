"""What is kept of an order's payload, whatever a stranger put into it."""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.personalization import order_fields
from app.personalization.payloads import facts_of, minor_units
from tests import soak
from tests.fakes.ports import START
from tests.unit.personalization.payloads import PREVIEW, line, order

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


def nameless(**changes: Any) -> dict[str, Any]:
    """An order that is known by its `id` alone."""
    return order(admin_graphql_api_id=None) | changes


def test_ids_totals_facts_and_lines_with_a_design_are_kept() -> None:
    assert order_fields(order(line(501), line(502, None))) == {
        "order_id": "9001",
        "order_number": "#1001",
        "customer_id": "7001",
        "total_price": "49.80",
        "currency": "EUR",
        "financial_status": "paid",
        "cancelled_at": None,
        "updated_at": None,
        "test": False,
        "lines": [
            {
                "line_item_id": "501",
                "product_id": "1001",
                "variant_id": "2001",
                "title": "Photo poster",
                "quantity": 2,
                "preview_ref": PREVIEW,
            }
        ],
    }


def test_nothing_about_the_person_is_kept() -> None:
    kept = json.dumps(order_fields(order()))
    words = ("jane", "Jane", "example.com", "4915", "Street", "Berlin", "grandma", "Gift")
    assert [word for word in words if word in kept] == []


@pytest.mark.parametrize("customer", [None, {}, {"id": None}])
def test_a_guests_order_has_no_customer(customer: Any) -> None:
    assert order_fields(order(customer=customer))["customer_id"] is None


def test_a_custom_line_without_product_or_variant_is_kept() -> None:
    (kept,) = order_fields(order(line(product_id=None, variant_id=None, title=None)))["lines"]
    assert (kept["product_id"], kept["variant_id"], kept["title"]) == (None, None, "")


@pytest.mark.parametrize("preview", [None, "", 0, [], {}])
def test_a_line_without_a_design_is_not_ours(preview: Any) -> None:
    assert order_fields(order(line(preview=preview)))["lines"] == []


def test_a_long_reference_is_cut() -> None:
    (kept,) = order_fields(order(line(preview="x" * 5000)))["lines"]
    assert kept["preview_ref"] == "x" * 100


@pytest.mark.parametrize(
    "payload",
    [
        None,
        [],
        "order",
        7,
        {},
        {"id": 1},
        {"line_items": []},
        nameless(id=None),
        nameless(id="9001; DROP TABLE orders"),
        nameless(id=float("inf")),
        nameless(id=-9001),
        nameless(id=True),
        nameless(id=0),
        nameless(id=10**30),
        nameless(id=float("nan")),
        nameless(id=2.0**60),
    ],
    ids=range(16),
)
def test_what_is_no_order_is_refused_as_such(payload: Any) -> None:
    with pytest.raises(ValueError, match=r"no readable order id|not an order"):
        order_fields(payload)


def test_an_order_whose_number_cannot_be_read_is_known_by_its_global_id() -> None:
    assert order_fields(order(id={"odd": 1}))["order_id"] == "9001"


@settings(max_examples=soak.size(200, 75), deadline=None)
@given(payload=values)
def test_any_json_at_all_is_refused_or_understood(payload: Any) -> None:
    with suppress(ValueError):
        assert set(order_fields(payload)) - {"unread"} == set(order_fields(order()))


@pytest.mark.parametrize(
    ("status", "paid"),
    [
        ("paid", True),
        ("partially_refunded", True),
        ("refunded", True),
        ("pending", False),
        ("authorized", False),
        ("partially_paid", False),
        ("voided", False),
        (None, False),
        ("PAID", False),
    ],
)
def test_paid_is_what_the_order_says_and_not_the_topic(status: str | None, paid: bool) -> None:
    facts = facts_of(order_fields(order(financial_status=status)), as_of=START)
    assert facts.paid_at == (START if paid else None)


def test_facts_are_in_our_words() -> None:
    facts = facts_of(order_fields(order(cancelled_at="2026-11-22T08:00:00+01:00", test=True)), as_of=START)
    assert facts.cancelled_at == datetime(2026, 11, 22, 7, tzinfo=UTC)
    assert (facts.order_id, facts.total_price, facts.currency, facts.is_test) == ("9001", 4980, "EUR", True)
    assert [(each.line_item_id, each.quantity) for each in facts.lines] == [("501", 2)]


@pytest.mark.parametrize(
    ("amount", "currency", "minor"),
    [
        ("12.50", "USD", 1250),
        ("0.00", "EUR", 0),
        ("12.5", "EUR", 1250),
        ("1200", "JPY", 1200),
        ("1200.00", "KRW", 1200),
        ("1.234", "KWD", 1234),
        ("-5.00", "USD", -500),
        ("99999999.99", "USD", 9999999999),
        ("12.50", "XXX", 1250),
        ("", "USD", None),
        ("free", "USD", None),
        ("1,50", "EUR", None),
        ("NaN", "USD", None),
        ("Infinity", "USD", None),
        ("-Infinity", "USD", None),
        ("1e999999", "USD", None),
        ("sNaN", "USD", None),
        ("9" * 40, "USD", None),
    ],
)
def test_money_is_counted_in_minor_units(amount: str, currency: str, minor: int | None) -> None:
    assert minor_units(amount, currency) == minor
