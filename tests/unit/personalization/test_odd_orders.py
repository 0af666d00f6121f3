"""Orders with odd values anywhere: no line of ours is lost, no other line appears, and what can be read is read."""

from __future__ import annotations

import json
from typing import Any

import pytest
from sqlalchemy import select

from app import personalization
from app.core import json_values
from app.personalization import order_fields
from app.personalization.order_rules import unread_reason
from app.personalization.payloads import read_order
from app.personalization.tables import order_items
from tests.apps import SHOP, clock_of
from tests.fakes.ports import NotingShopify
from tests.unit.personalization.payloads import PREVIEW, line, order
from tests.unit.personalization.studio import Studio

pytestmark = pytest.mark.anyio
OTHER = "019aa0d1-0000-7000-8000-000000000002"
READY = ("ready", None)
NAMED = {"name": "_artify_preview", "value": PREVIEW}

SHAPES: dict[str, Any] = {
    "a list of names and values": [NAMED],
    "a list of keys and values": [{"key": "_artify_preview", "value": PREVIEW}],
    "an object": {"_artify_preview": PREVIEW},
    "one name and value without a list": NAMED,
    "a list of objects": [{"Gift wrap": "yes"}, {"_artify_preview": PREVIEW}],
    "a list of pairs": [["Gift wrap", "yes"], ["_artify_preview", PREVIEW]],
    "one pair": ["_artify_preview", PREVIEW],
    "odd neighbours": [None, 7, "x", [], {}, {"name": None}, {"value": 1}, NAMED],
    "an odd neighbour with the same name": [{"name": "_artify_preview", "value": None}, NAMED],
    "an object in an object": {"0": NAMED},
    "lists in lists": [[NAMED]],
    "JSON as text": json.dumps({"_artify_preview": PREVIEW}),
    "plain text": f"_artify_preview: {PREVIEW}",
    "blanks around the name": [{"name": " _artify_preview ", "value": PREVIEW}],
    "blanks around the value": [{"name": "_artify_preview", "value": f" {PREVIEW}\n"}],
    "a NUL before the value": [{"name": "_artify_preview", "value": f"\0{PREVIEW}"}],
    "the design in a list": {"_artify_preview": [PREVIEW]},
    "the design in an object": {"_artify_preview": {"id": PREVIEW, "style": "Oil"}},
    "the same twice": [NAMED, NAMED],
}
NOT_OURS: dict[str, Any] = {
    "none": None,
    "an empty list": [],
    "an empty object": {},
    "a list of nothing": [None],
    "a number": 7,
    "a word": "x",
    "words": ["a", "b"],
    "an object of others": {"Gift wrap": "yes"},
    "names that are no text": [{"name": 7, "value": "x"}, {"name": ["_artify"], "value": "x"}],
    "our name as a value": [{"name": "note", "value": "_artify_preview"}],
    "another property of ours": [{"name": "_artify_previews", "value": PREVIEW}],
    "an empty value": {"_artify_preview": " "},
}


def kept(*lines: Any, **changes: Any) -> list[dict[str, Any]]:
    """The lines of such an order that are kept, after the row that holds them."""
    lines_kept: list[dict[str, Any]] = json.loads(json.dumps(order_fields(order(*lines, **changes))))["lines"]
    return lines_kept


@pytest.mark.parametrize("properties", SHAPES.values(), ids=SHAPES)
def test_a_design_is_found_in_whatever_shape_the_properties_come(properties: Any) -> None:
    assert kept(line(properties=properties)) == kept(line())


@pytest.mark.parametrize("properties", NOT_OURS.values(), ids=NOT_OURS)
def test_a_line_that_names_no_design_is_no_line_of_ours(properties: Any) -> None:
    fields = order_fields(order(line(properties=properties), line(502)))
    assert (fields["lines"], "unread" in fields) == (kept(line(502)), False)


@pytest.mark.parametrize(
    "value", [7, 1.5, True, ["a", "b"], {"id": 7}, {"a": PREVIEW, "b": OTHER}, [[[[[[[PREVIEW]]]]]]]]
)
def test_a_design_that_cannot_be_read_makes_a_line_that_says_so(value: Any) -> None:
    (found,) = kept(line(properties={"_artify_preview": value}))
    assert found["unread"] == ["design"]


def test_two_designs_on_one_line_are_a_matter_for_a_person() -> None:
    (found,) = kept(line(properties=[NAMED, NAMED | {"value": OTHER}]))
    assert found["unread"] == ["design"]


ODD_PARTS = [
    ({"quantity": None}, "quantity"),
    ({"quantity": 0}, "quantity"),
    ({"quantity": -1}, "quantity"),
    ({"quantity": 1.5}, "quantity"),
    ({"quantity": "many"}, "quantity"),
    ({"quantity": True}, "quantity"),
    ({"quantity": float("inf")}, "quantity"),
    ({"quantity": float("nan")}, "quantity"),
    ({"quantity": 10**20}, "quantity"),
    ({"quantity": "9" * 5000}, "quantity"),
    ({"quantity": [2]}, "quantity"),
    ({"current_quantity": "some"}, "quantity"),
    ({"current_quantity": -1}, "quantity"),
    ({"product_id": "gid://shopify/Product/1"}, "product"),
    ({"product_id": {"id": 1}}, "product"),
    ({"product_id": -1001}, "product"),
    ({"product_id": 1001.5}, "product"),
    ({"product_id": "9" * 21}, "product"),
    ({"variant_id": [2001]}, "variant"),
    ({"variant_id": True}, "variant"),
    ({"variant_id": 1e300}, "variant"),
    ({"title": {"en": "Poster"}}, "title"),
    ({"title": ["Poster"]}, "title"),
    ({"title": True}, "title"),
    ({"id": None, "admin_graphql_api_id": None}, "id"),
    ({"id": "abc", "admin_graphql_api_id": 7}, "id"),
    ({"id": {}, "admin_graphql_api_id": "gid://shopify/LineItem/x"}, "id"),
    ({"id": 777}, "id"),
]


@pytest.mark.parametrize(("odd", "part"), ODD_PARTS, ids=range(len(ODD_PARTS)))
async def test_what_cannot_be_read_of_a_line_of_ours_is_said_at_the_line(
    studio: Studio, odd: dict[str, Any], part: str
) -> None:
    preview = await studio.made()
    await studio.told("e1", line(501, preview.id) | odd, line(502, preview.id))
    lines = await studio.items()
    assert lines.pop("502") == READY
    assert list(lines.values()) == [("needs_review", unread_reason([part]))]


@pytest.mark.parametrize(
    "fine",
    [
        {"quantity": "2"},
        {"quantity": 2.0},
        {"quantity": None, "current_quantity": 2},
        {"quantity": "odd", "current_quantity": 2},
        {"product_id": "1001", "variant_id": 2001.0},
        {"id": None},
        {"id": ["odd"]},
        {"admin_graphql_api_id": 7},
        {"price": {"odd": [None]}, "tax_lines": "odd"},
    ],
    ids=range(9),
)
def test_a_line_that_can_be_understood_is_understood(fine: dict[str, Any]) -> None:
    assert kept(line() | fine) == kept(line())


def test_a_line_that_does_not_speak_of_a_quantity_is_for_one() -> None:
    silent = {name: value for name, value in line().items() if name not in ("quantity", "current_quantity")}
    assert kept(silent) == kept(line() | {"quantity": 1})


LINE_LISTS: dict[str, Any] = {
    "an object of lines": {"0": line(501), "1": line(502, None)},
    "one line without a list": line(501),
    "nodes": {"nodes": [line(501), line(502, None)]},
    "edges": {"edges": [{"node": line(501)}]},
    "with nulls": [None, line(501), None],
    "with odd neighbours": [7, "mug", [], {}, line(501)],
    "with lists": [[line(501)], [line(502, None)]],
}


@pytest.mark.parametrize("line_items", LINE_LISTS.values(), ids=LINE_LISTS)
def test_lines_are_found_in_whatever_they_come(line_items: Any) -> None:
    assert kept(line_items=line_items) == kept(line(501))


@pytest.mark.parametrize("line_items", [None, 7, "mug", {}, {"count": 2}, ["mug"], [line(502, None), 7]])
async def test_when_there_may_be_more_lines_than_could_be_read_shopify_is_asked(
    studio: Studio, line_items: Any
) -> None:
    preview = await studio.made()
    shopify(studio).orders["9001"] = order(line(501, preview.id))
    await studio.told("e1", line_items=line_items)
    assert await studio.items() == {"501": READY}


ODD_ORDERS: list[dict[str, Any]] = [
    {"id": None},
    {"id": "9001 or 9002"},
    {"customer": []},
    {"customer": "jane"},
    {"customer": {"id": {}}},
    {"customer": {"id": "7001; --"}},
    {"total_price": {}},
    {"total_price": "1" * 5000},
    {"total_price": 12.5},
    {"currency": 7},
    {"currency": ["EUR"]},
    {"name": {"a": 1}, "order_number": None},
    {"name": "\ud800\0" + "x" * 5000},
    {"updated_at": 5},
    {"updated_at": "some day"},
    {"updated_at": "0001-01-01T00:00:00+14:00"},
    {"updated_at": "9999-12-31T23:59:59-14:00"},
    {"updated_at": "2099-01-01T00:00:00Z"},
    {"cancelled_at": []},
    {"cancelled_at": 0},
    {"cancelled_at": False},
    {"test": "maybe"},
    {"test": []},
]


@pytest.mark.parametrize("changes", ODD_ORDERS, ids=range(len(ODD_ORDERS)))
async def test_what_cannot_be_read_of_an_order_never_hides_its_lines(studio: Studio, changes: dict[str, Any]) -> None:
    preview = await studio.made()
    await studio.told("e1", line(preview=preview.id), **changes)
    assert await studio.items() == {"501": READY}
    (card,) = await personalization.order_cards(studio.app, SHOP)
    assert (card.shopify_order_id, bool(card.order_number)) == ("9001", True)


@pytest.mark.parametrize("status", [None, 7, [], {"paid": True}, "PAID", "", "paid\0", "x" * 5000])
async def test_an_order_is_not_paid_while_its_status_cannot_be_read_and_shopify_is_asked(
    studio: Studio, status: Any
) -> None:
    preview = await studio.made()
    await studio.told("e1", line(preview=preview.id), financial_status=status)
    paid = "ready" if status == "paid\0" else "waiting"
    assert await studio.items() == {"501": (paid, None)}
    shopify(studio).orders["9001"] = order(line(preview=preview.id))
    await studio.told("e2", line(preview=preview.id), financial_status=status)
    assert await studio.items() == {"501": READY}


async def test_an_order_that_may_be_cancelled_is_asked_for(studio: Studio) -> None:
    shopify(studio).orders["9001"] = order(line(), cancelled_at="2026-11-21T13:00:00Z")
    await studio.told("e1", line(), cancelled_at="some day", financial_status="pending")
    ((state, _),) = (await studio.items()).values()
    assert state == "cancelled"


async def test_a_time_far_ahead_does_not_make_later_messages_old(studio: Studio) -> None:
    preview = await studio.made()
    await studio.told("e1", line(preview=preview.id), updated_at="2098-01-01T00:00:00Z", financial_status="pending")
    clock_of(studio.app).move(minutes=5)
    await studio.told("e2", line(preview=preview.id, current_quantity=0), financial_status="pending")
    ((state, _),) = (await studio.items()).values()
    assert state == "cancelled"


async def test_shopifys_answer_settles_what_a_message_did_not_say_readably(studio: Studio) -> None:
    preview = await studio.made()
    shopify(studio).orders["9001"] = order(line(preview=preview.id), updated_at="2026-11-01T12:00:00Z")
    odd = {"id": None, "admin_graphql_api_id": None, "quantity": "many", "product_id": [], "variant_id": [7]}
    await studio.told("e1", line(preview=preview.id) | odd, updated_at=5)
    assert await studio.items() == {"501": READY}
    (row,) = await studio.app.db.all(select(order_items))
    assert (row["unread"], row["quantity"], row["shopify_variant_id"]) == (None, 2, "2001")


async def test_a_message_of_the_same_moment_that_can_be_read_settles_it_too(studio: Studio) -> None:
    preview = await studio.made()
    moment = "2026-11-21T12:00:00Z"
    await studio.told("e1", line(preview=preview.id, quantity="many"), updated_at=moment)
    await studio.told("e2", line(preview=preview.id), updated_at=moment)
    assert await studio.items() == {"501": READY}


async def test_a_merchant_may_print_a_line_that_could_not_be_read_in_full(studio: Studio) -> None:
    preview = await studio.made()
    await studio.told("e1", line(preview=preview.id, quantity="many"))
    (card,) = await personalization.order_cards(studio.app, SHOP)
    assert card.can_be_approved
    again = await personalization.retry_print(studio.app, SHOP, card.item_id, approved=False)
    assert (again.state, again.reason) == ("needs_review", unread_reason(["quantity"]))
    await personalization.retry_print(studio.app, SHOP, card.item_id, approved=True)
    await studio.run()
    assert await studio.items() == {"501": READY}


async def test_of_two_lines_with_one_id_the_one_whose_global_id_agrees_keeps_it(studio: Studio) -> None:
    preview = await studio.made()
    impostor = line(502, preview.id, id=501)
    for lines in ([impostor, line(501, preview.id)], [line(501, preview.id), impostor]):
        await studio.forget_orders()
        await studio.told("e1", *lines)
        items = await studio.items()
        assert items == {"501": READY, "502": ("needs_review", unread_reason(["id"]))}


async def test_a_line_with_the_id_of_another_orders_line_is_kept_beside_it(studio: Studio) -> None:
    preview = await studio.made()
    await studio.told("e1", line(501, preview.id))
    for event in ("e2", "e3"):
        await studio.told(event, line(501, preview.id), line(502, preview.id), id=9002, admin_graphql_api_id=None)
    items = await studio.items()
    assert (items.pop("501"), items.pop("502")) == (READY, READY)
    assert list(items.values()) == [("needs_review", unread_reason(["id"]))]


async def test_an_order_too_large_to_keep_is_read_from_shopify(studio: Studio) -> None:
    preview = await studio.made()
    many = [line(number, "\U0001f600" * 200, title="\U0001f600" * 300) for number in range(1, 500)]
    shopify(studio).orders["9001"] = order(line(501, preview.id))
    fields = order_fields(order(*many))
    assert (fields["lines"], fields["unread"]) == ([], ["lines"])
    await studio.told("e1", *many)
    assert await studio.items() == {"501": READY}
    assert len(read_order(order(*many))["lines"]) == 499


@pytest.mark.parametrize("text", ["\0", "a\0b", "\ud800", "half \udfff", "x" * 100_000, "\U0001f600" * 300])
async def test_any_text_can_be_stored(studio: Studio, text: str) -> None:
    await studio.told("e1", line(preview=text, title=text), name=text, currency=text, total_price=text)
    await studio.told("e2", line(502, preview=f"{text}x", title=text), id=2, admin_graphql_api_id=None, name=text)
    cards = await personalization.order_cards(studio.app, SHOP)
    assert all("\0" not in card.title and len(card.title) <= 255 for card in cards)
    assert len(cards) == 2


def test_numbers_of_any_length_are_read_and_only_their_own_field_is_lost() -> None:
    body = json.dumps(order(line(), line(502, None))).replace("24.90", "0").replace('"quantity": 2', '"quantity": 3', 1)
    odd = body.replace('"tax_lines": []', f'"tax_lines": {"9" * 6000}').encode()
    assert order_fields(json_values.parse(odd)) == order_fields(json_values.parse(body.encode()))


def shopify(studio: Studio) -> NotingShopify:
    assert isinstance(studio.app.shopify, NotingShopify)
    return studio.app.shopify


async def test_a_product_that_is_deleted_after_the_order_stays_the_lines_product(studio: Studio) -> None:
    preview = await studio.made()
    await studio.told("e1", line(preview=preview.id), financial_status="pending", updated_at="2026-11-21T12:00:00Z")
    gone = {"product_id": None, "variant_id": None}
    await studio.told("e2", line(preview=preview.id) | gone, updated_at="2026-11-21T12:01:00Z")
    assert await studio.items() == {"501": READY}
