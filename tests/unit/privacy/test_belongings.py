"""Whoever made, bought and shared what: an export holds a customer's things, a redaction takes just those."""

from __future__ import annotations

import asyncio
import io
import json
import tempfile
import zipfile
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from app import privacy
from app.core.app import App
from app.core.tables import metadata
from handlers import jobs as runner
from tests.apps import OTHER_SHOP, SHOP, close, make_app, open_shop, stock
from tests.unit.privacy.belongings import CUSTOMERS, Belongings, Design, Line, Order
from tests.unit.privacy.planting import store

BROWSERS, PHOTOS = range(2), range(2)
TOLD = ("guest_sessions", "audit_log", "privacy_requests", "jobs")
"""Tables that say that something was done."""

guests = st.tuples(st.none(), st.sampled_from(BROWSERS))
owners = st.one_of(guests, guests, st.tuples(st.sampled_from(CUSTOMERS), st.none()))


@st.composite
def belongings(draw: st.DrawFn, shop_id: str) -> Belongings:
    made = [
        Design(*owner, photo) for owner, photo in draw(st.lists(st.tuples(owners, st.sampled_from(PHOTOS)), max_size=6))
    ]
    finals, orders = [], []
    for customer in draw(st.lists(st.sampled_from([*CUSTOMERS, None]), max_size=4)):
        order = Order(customer, [], is_paid=draw(st.booleans()))
        for _ in range(draw(st.integers(1, 2)) if made else 0):
            chosen, proposed = draw(st.sampled_from(made)), draw(st.sampled_from([None, None, *made]))
            final = Design(chosen.owner, chosen.browser, None, order) if draw(st.booleans()) else None
            finals += [final] if final else []
            order.lines.append(Line(chosen, proposed, final))
        orders.append(order)
    return Belongings(shop_id, [*made, *finals], orders)


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.reuse, Phase.generate],  # each try has a database: shrinking would take minutes
)
@given(belongings(SHOP), belongings(OTHER_SHOP), st.permutations(CUSTOMERS))
def test_what_is_exported_and_deleted_is_a_customers_own(
    here: Belongings, there: Belongings, customers: list[str]
) -> None:
    asked = [(SHOP, customers[0]), (OTHER_SHOP, customers[0]), (SHOP, customers[1])]
    asyncio.run(check({SHOP: here, OTHER_SHOP: there}, asked))


def test_what_was_tried_in_a_browser_that_two_ordered_from_is_neither_ones() -> None:
    made = [Design(None, 0, photo) for photo in range(3)]
    orders = [Order(customer, [Line(design, None, None)]) for customer, design in zip(CUSTOMERS, made, strict=True)]
    here = Belongings(SHOP, made, orders[:2])
    asked = [(SHOP, customer) for customer in CUSTOMERS[:2]]
    asyncio.run(check({SHOP: here, OTHER_SHOP: Belongings(OTHER_SHOP, [], [])}, asked))
    assert [design.id for design in here.designs] == [made[2].id]


def test_a_design_of_a_photo_that_went_with_another_design_loses_its_photo_and_its_browser() -> None:
    """A and B are of one photo, C of another, all of one guest; a customer ordered A, another C.

    The photo goes with the customer who ordered a design of it, so B has none any more. And B leaves the browser, which
    both customers ordered from: else it would be the second one's as soon as the first is gone. Both are right.
    """
    made = [Design(None, 0, photo) for photo in (0, 0, 1)]
    orders = [Order(CUSTOMERS[at], [Line(made[chosen], None, None)]) for at, chosen in enumerate((0, 2))]
    here = Belongings(SHOP, made, orders)
    asyncio.run(check({SHOP: here, OTHER_SHOP: Belongings(OTHER_SHOP, [], [])}, [(SHOP, CUSTOMERS[0])]))
    assert [design.id for design in here.designs] == [made[1].id, made[2].id]
    assert (made[1].browser, len(made[1].files)) == (None, 3)


def test_a_print_of_an_account_is_not_handed_out_when_the_line_that_paid_for_it_was_emptied() -> None:
    """A customer with an account made a design, and another ordered and paid for it; that one is deleted."""
    maker, buyer = CUSTOMERS[:2]
    design, order = Design(maker, None, 0), Order(buyer, [])
    final = Design(maker, None, None, order)
    order.lines.append(Line(design, None, final))
    here = Belongings(SHOP, [design, final], [order])
    asyncio.run(check({SHOP: here, OTHER_SHOP: Belongings(OTHER_SHOP, [], [])}, [(SHOP, buyer), (SHOP, maker)]))
    assert here.designs == []


async def check(shops: dict[str, Belongings], asked: list[tuple[str, str]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        app = make_app(Path(folder))
        try:
            for shop_id, plan in shops.items():
                await open_shop(app, shop_id)
                await store(app, plan, await stock(app, shop_id, *OFFERS[shop_id]))
            for shop_id, customer in asked:
                await check_export(app, shops[shop_id], customer)
                await check_redaction(app, shops, shop_id, customer)
        finally:
            await close(app)


OFFERS: dict[str, Any] = {SHOP: (), OTHER_SHOP: ("1002", ("3001", "3002"))}


async def check_export(app: App, plan: Belongings, customer: str) -> None:
    await privacy.ask(app, plan.shop_id, "export", customer)
    await runner.run_due(app)
    [export] = [row for row in await rows(app, "assets", plan.shop_id) if row["purpose"] == "export"]
    archive = zipfile.ZipFile(io.BytesIO(await app.files.get(export["key"])))
    told = {table: {row["id"] for row in found} for table, found in json.loads(archive.read("data.json")).items()}
    files = plan.handed_out_of(customer)
    assert told["generations"] == {design.id for design in plan.designs_of(customer)}
    assert told["assets"] == files
    assert told["orders"] == {order.id for order in plan.orders_of(customer)}
    assert told["order_items"] == {line.id for order in plan.orders_of(customer) for line in order.lines}
    pictures = {name for name in archive.namelist() if name.startswith("pictures/")}
    assert {archive.read(name).decode() for name in pictures} == {plan.files[file] for file in files}


async def check_redaction(app: App, shops: dict[str, Belongings], shop_id: str, customer: str) -> None:
    plan, before = shops[shop_id], await everything(app)
    plan.forget(customer)
    await privacy.ask(app, shop_id, "redaction", customer)
    await runner.run_due(app)
    after = await everything(app)
    check_what_is_left(plan, after)
    assert customer not in str([row for found in after.values() for row in found if row.get("shop_id") == shop_id])
    assert {each.key for each in await app.files.list("", limit=1000)} == {
        key for each in shops.values() for key in each.files.values()
    }
    check_books(plan, before, after)
    check_others(plan, before, after)


def check_what_is_left(plan: Belongings, after: dict[str, Any]) -> None:
    assert ids(after["generations"], plan) == {design.id for design in plan.designs}
    assert ids(after["assets"], plan) == set(plan.files)
    assert ids(after["orders"], plan) == {order.id for order in plan.orders}
    for row in after["order_items"]:
        if row["shop_id"] == plan.shop_id:
            [line] = [line for order in plan.orders for line in order.lines if line.id == row["id"]]
            wanted = [each.id if each else None for each in (line.chosen, line.proposed, line.final)]
            names = ("preview_generation_id", "proposed_generation_id", "final_generation_id")
            assert [row[name] for name in names] == wanted


def check_books(plan: Belongings, before: dict[str, Any], after: dict[str, Any]) -> None:
    """Bytes are those of the files that are left; other counts, numbers and sums are as they were."""
    for was, row in zip(before["quotas"], after["quotas"], strict=True):
        if row["shop_id"] == plan.shop_id:
            assert row["current_storage_bytes"] == sum(len(key) for key in plan.files.values())
        changed = {name for name in row if row[name] != was[name]}
        assert changed <= ({"current_storage_bytes", "updated_at"} if row["shop_id"] == plan.shop_id else set())
    for was, row in zip(before["orders"], after["orders"], strict=True):
        assert {name for name in row if row[name] != was[name]} <= {"customer_id", "updated_at"}


def check_others(plan: Belongings, before: dict[str, Any], after: dict[str, Any]) -> None:
    """Rows that are left are as they were; but that a guest's design may have lost a browser that others used."""
    loose = {design.id for design in plan.designs if not design.owner and design.browser is None}
    for table in after.keys() - {*TOLD, "quotas", "orders", "order_items"}:
        was = {row.get("id", row.get("shop_id")): row for row in before[table]}
        for row in after[table]:
            old = was[row.get("id", row.get("shop_id"))]
            changed = {name for name in row if row[name] != old[name]}
            browser = {"guest_session_id", "idempotency_key"} if row.get("id") in loose else set[str]()
            assert changed <= {"upload_asset_id"} | browser  # a photo goes with the one who ordered a design of it


async def everything(app: App) -> dict[str, Any]:
    return {name: await rows(app, name) for name in metadata.tables}


async def rows(app: App, table: str, shop_id: str | None = None) -> list[dict[str, Any]]:
    source = metadata.tables[table]
    found = await app.db.all(select(source).order_by(*source.primary_key.columns))
    return [dict(row) for row in found if shop_id is None or row["shop_id"] == shop_id]


def ids(found: list[dict[str, Any]], plan: Belongings) -> set[str]:
    return {row["id"] for row in found if row["shop_id"] == plan.shop_id}
