"""The list of order lines: every line is on one of its pages, and is found by its order's number or customer."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest

from app import personalization
from app.catalog import Product
from app.core.app import App
from app.core.ids import new_id
from app.core.paging import START, Cursor, Page, page_of
from app.personalization import LineFilter, LineQuery, OrderCard
from app.personalization.order_lists import PAGE
from app.personalization.order_rules import Order, OrderItem
from app.personalization.print_sizes import Size
from app.personalization.queries import offers, orders
from tests.apps import OTHER_SHOP, SHOP, open_shop, save_offer
from tests.fakes.ports import START as NOON
from tests.unit.personalization.studio import Studio

pytestmark = pytest.mark.anyio


@pytest.fixture
async def shop(app: App) -> App:
    for shop_id in (SHOP, OTHER_SHOP):
        await open_shop(app, shop_id)
    return app


def order_of(
    number: str | None, *states: str, customer: str | None = None, shop_id: str = SHOP, at: datetime = NOON, **also: Any
) -> list[Any]:
    """Statements that record an order with a line for each state."""
    order = Order(new_id(), shop_id, new_id(), number, customer)
    fields = dict.fromkeys(OrderItem.__dataclass_fields__) | {"shop_id": shop_id, "order_id": order.id, "quantity": 1}
    lines = [
        OrderItem(
            **fields | {"id": new_id(), "shopify_line_item_id": new_id(), "preview_ref": "", "state": state} | also
        )
        for state in states
    ]
    return [orders.save_order(order, None, at), *[orders.insert_item(line, at) for line in lines]]


async def pages(app: App, query: LineQuery) -> list[Page[OrderCard]]:
    """Every page, by the links to the next one."""
    found = [await personalization.order_page(app, SHOP, query)]
    while (following := found[-1].next) is not None:
        found.append(await personalization.order_page(app, SHOP, query, following))
    return found


def numbers(page: Page[OrderCard]) -> list[str | None]:
    return [card.order_number for card in page.rows]


@pytest.mark.parametrize("show", [LineFilter.ALL, LineFilter.RUNNING, LineFilter.READY])
async def test_every_line_is_on_one_page_whichever_way_one_goes(shop: App, show: LineFilter) -> None:
    """Several lines came in at the same moment, and a page ends among them."""
    states = ("ready",) if show is LineFilter.READY else ("queued", "waiting")
    for at in range(60):
        moment = NOON + timedelta(seconds=at // 7)
        await shop.db.batch(
            *order_of(f"#{at}", *(states * 2)[:2], at=moment), *order_of(f"#c{at}", "cancelled", at=moment)
        )
    query = LineQuery(show)
    forth = await pages(shop, query)
    cards = [card for page in forth for card in page.rows]
    assert len({card.item_id for card in cards}) == len(cards) == (180 if show is LineFilter.ALL else 120)
    assert [len(page.rows) for page in forth[:-1]] == [PAGE] * (len(forth) - 1)
    assert cards == sorted(cards, key=lambda card: (-card.created_at.timestamp(), card.item_id))
    back = [forth[-1]]
    while (preceding := back[-1].previous) is not None:
        back.append(await personalization.order_page(shop, SHOP, query, preceding))
    assert [page.rows for page in reversed(back)] == [page.rows for page in forth]
    assert (forth[0].previous, forth[-1].next, back[-1].previous) == (None, None, None)


async def test_a_list_is_limited_to_the_days_of_the_lines(shop: App) -> None:
    for day in range(4):
        await shop.db.batch(*order_of(f"#{day}", "ready", "failed", at=NOON + timedelta(days=day)))
    first, last = NOON + timedelta(days=1), NOON + timedelta(days=3)
    page = await personalization.order_page(shop, SHOP, LineQuery(LineFilter.ATTENTION, since=first, until=last))
    assert [(card.order_number, card.state) for card in page.rows] == [("#2", "failed"), ("#1", "failed")]


NUMBERED = ["#1001", "#10010", "#10019", "#1002", "EN1001", "1001-UK", None]


@pytest.mark.parametrize(
    ("search", "expected"),
    [
        ("#1001", ["#1001", "#10010", "#10019", "1001-UK"]),
        ("1001", ["#1001", "#10010", "#10019", "1001-UK"]),
        ("10019", ["#10019"]),
        ("#", ["#1001", "#10010", "#10019", "#1002"]),
        ("EN", ["EN1001"]),
        ("4711", [None, "#1002"]),
        ("%1001", []),
        ("471", []),
        ("\0", []),
    ],
)
async def test_lines_are_found_by_the_order_s_number_or_its_beginning_or_by_the_customer(
    shop: App, search: str, expected: list[str | None]
) -> None:
    for number in NUMBERED:
        customer = "4711" if number in ("#1002", None) else None
        await shop.db.batch(*order_of(number, "ready", customer=customer))
        await shop.db.batch(*order_of(number, "ready", customer=customer, shop_id=OTHER_SHOP))
    assert numbers(await personalization.order_page(shop, SHOP, LineQuery(search=search))) == expected


async def test_every_line_that_a_search_finds_is_on_one_page(shop: App) -> None:
    for at in range(40):
        await shop.db.batch(*order_of(f"#7{at:02}", "ready", "failed", "queued", customer="712"))
    await shop.db.batch(*order_of(None, "ready", customer="712"))
    for search, count in (("7", 120), ("712", 121)):
        forth = await pages(shop, LineQuery(search=search))
        cards = [card.item_id for page in forth for card in page.rows]
        assert len(set(cards)) == len(cards) == count
        assert forth[1].previous is not None
        before = await personalization.order_page(shop, SHOP, LineQuery(search=search), forth[1].previous)
        assert before.rows == forth[0].rows


@pytest.mark.parametrize("query", [LineQuery(), LineQuery(search="1")])
async def test_a_cursor_at_no_line_of_the_shop_leads_to_the_first_page(shop: App, query: LineQuery) -> None:
    await shop.db.batch(*order_of("#1", "ready"), *order_of("#1", "ready", shop_id=OTHER_SHOP))
    [theirs] = await personalization.order_cards(shop, OTHER_SHOP)
    for cursor in (
        Cursor(after=theirs.item_id),
        Cursor(before=theirs.item_id),
        Cursor(after="x'\0"),
        Cursor(before="9"),
    ):
        page = await personalization.order_page(shop, SHOP, query, cursor)
        assert [card.shop_id for card in page.rows] == [SHOP]


async def test_the_sizes_to_choose_from_are_the_product_s_own_and_one_of_each_other_kind(studio: Studio) -> None:
    """Other products have a size of the same name and pixels, which is not listed again, and others."""
    mug = new_id()
    await save_offer(studio.app, Product(mug, SHOP, "1002", "Mug", "mug", True, True), [], [])
    for at in range(3):
        for name, width in (("A4", 2480), ("A4", 1240), ("A0", 9933)):
            copy = Size(new_id(), mug, name, width, 3508, f"77{at}{width}")
            await studio.app.db.batch(offers.insert_size(SHOP, copy, 0, NOON))
    await studio.app.db.batch(*order_of("#1", "unmapped", "ready", shopify_product_id="1001"))
    await studio.app.db.batch(*order_of("#2", "failed", shopify_product_id="404"))
    cards = await personalization.order_cards(studio.app, SHOP)
    sizes = await personalization.sizes_to_map(studio.app, cards)
    named = {card.order_number: sizes.get(card.item_id) for card in cards if card.state != "ready"}
    assert set(sizes) == {card.item_id for card in cards if card.state != "ready"}
    assert listed(named["#2"]) == [("A0", 9933), ("A4", 1240), ("A4", 2480), ("Square", 2400)]
    assert listed(named["#1"]) == [("A4", 2480), ("Square", 2400), ("A0", 9933), ("A4", 1240)]


def listed(sizes: Sequence[Size] | None) -> list[tuple[str, int]]:
    return [(size.name, size.width_px) for size in sizes or []]


def test_a_page_knows_its_neighbours() -> None:
    rows = list("abcdef")
    assert page_of(rows[:3], START, 2, str) == Page(["a", "b"], None, Cursor(after="b"))
    assert page_of(rows[4:], Cursor(after="d"), 2, str) == Page(["e", "f"], Cursor(before="e"), None)
    assert page_of(rows[:3], Cursor(before="d"), 2, str) == Page(["b", "c"], Cursor(before="b"), Cursor(after="c"))
    assert page_of([], Cursor(after="z"), 2, str) == Page([])
