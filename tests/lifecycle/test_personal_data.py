"""What a person asked for is theirs: they get it, it goes when they go, and it stays no longer than it is needed."""

from __future__ import annotations

import io
import json
import zipfile

import pytest

from app import jobs, personalization, privacy, shops
from app.core.ids import new_id
from app.core.ports.shopify import ProxyVisit
from app.core.tables import metadata, upsert
from app.personalization import PreviewRequest
from app.privacy import OwnedTable
from handlers import jobs as runner
from tests.apps import SHOP, clock_of, send_photo, stock
from tests.integration.storefront import Storefront
from tests.lifecycle.kinds import JOB_KINDS, Asking
from tests.lifecycle.studio import Studio, of_shoppers

pytestmark = [pytest.mark.anyio, of_shoppers]
ADA, BOB = "90017001", "90017002"
BOOKS = {"api_usage"}
"""The log of calls to models holds no prompt and no person."""


async def ask_privacy(studio: Studio, work: str, customer: str) -> None:
    """Ask for a customer's data or their deletion, which is done before anything else that waits."""
    await privacy.ask(studio.app, SHOP, work, customer)
    own = {name: kind for name, kind in JOB_KINDS.items() if name.startswith("privacy.")}
    for _ in range(5):
        await jobs.run_due(studio.app, own)
        clock_of(studio.app).move(minutes=1)


async def archive(studio: Studio) -> zipfile.ZipFile:
    """The export that was made."""
    [export] = [row for row in await studio.rows("assets") if row["purpose"] == "export"]
    return zipfile.ZipFile(io.BytesIO(await studio.app.files.get(export["key"])))


async def order_from(studio: Studio, browser: Storefront, customer: str) -> None:
    """A customer orders a design from this browser: the only capability with orders says whose a browser was."""
    visitor = await shops.visitor(studio.app, ProxyVisit(SHOP, None), browser.guest_token)
    offer = await stock(studio.app, product_id="1009", variants=("2008", "2009"))
    wish = PreviewRequest(await send_photo(studio.app, visitor.shop), "1009", offer.styles[0].id)
    design = await personalization.request_preview(studio.app, visitor, wish)
    await studio.run()
    now, order_id = studio.app.clock.now(), new_id()
    same = {"shop_id": SHOP, "created_at": now, "updated_at": now}
    order = {"id": order_id, "shopify_order_id": order_id, "customer_id": customer, "paid_at": now}
    line = {"id": new_id(), "order_id": order_id, "shopify_line_item_id": order_id, "preview_ref": design.id}
    await studio.app.db.batch(
        upsert(metadata.tables["orders"]).values(**order, **same),
        upsert(metadata.tables["order_items"]).values(**line, preview_generation_id=design.id, **same),
    )


def test_every_column_is_exported_or_withheld_for_a_reason(asking: Asking) -> None:
    table, exported = asking.kind.table, asking.personal_data.exported[asking.kind.table.name]
    assert sorted([*exported.shown, *exported.withheld]) == sorted(table.columns.keys())
    assert all(exported.withheld.values())


async def test_an_export_shows_what_it_says_and_no_picture_that_may_not_leave(studio: Studio) -> None:
    asked = await studio.made(studio.customer(ADA))
    await studio.made(studio.customer(BOB), 1, upload_id=await studio.photo())
    await ask_privacy(studio, "export", ADA)
    table, data = studio.asking.kind.table.name, studio.asking.personal_data
    row, exported = await studio.row(asked), await archive(studio)
    [shown] = json.loads(exported.read("data.json"))[table]
    assert set(shown) == set(data.exported[table].shown)
    assert row is not None
    assert {name: shown[name] for name in ("id", "status")} == {name: row[name] for name in ("id", "status")}
    files = [exported.read(name) for name in exported.namelist() if name != "data.json"]
    assert [held for held in files if b"painted" in held and b" preview" not in held] == [], "nobody paid for it"
    held = b"".join(exported.read(name) for name in exported.namelist())
    secrets = [str(row[name]) for name in data.exported[table].withheld if name.endswith(("prompt_used", "_key"))]
    assert [each for each in secrets if each != "None" and each.encode() in held] == []


async def test_a_customers_redaction_leaves_no_row_no_file_and_no_byte_and_refunds_what_is_open(
    studio: Studio,
) -> None:
    start, theirs = await studio.stored(), studio.customer(ADA)
    asked = await studio.made(theirs)
    delivered = await studio.charged()
    open_one = await studio.ask(theirs)
    row = await studio.row(asked)
    assert row is not None
    await ask_privacy(studio, "redaction", ADA)
    clock_of(studio.app).move(hours=1)
    await runner.sweep(studio.app)
    assert await studio.mentions(row["shopper_id"], ADA) == set()
    assert await studio.mentions(asked["id"], open_one["id"]) <= BOOKS
    assert await studio.files() == []
    assert await studio.charged() == delivered, "what was delivered stays in the books, what was open does not"
    counted, there = await studio.stored()
    assert counted == there <= start[0]


async def test_a_redaction_while_it_is_made_stops_it_and_frees_its_slot(studio: Studio) -> None:
    asked = await studio.ask(studio.customer(ADA))
    seen: list[tuple[int, int]] = []

    async def redact() -> None:
        seen.append(await studio.charged())
        await ask_privacy(studio, "redaction", ADA)
        seen.append(await studio.charged())

    studio.painter.before = redact
    await studio.run()
    assert (seen[0][1], seen[1]) == (1, (0, 0))
    assert (await studio.row(asked), await studio.files()) == (None, [])
    counted, there = await studio.stored()
    assert counted == there


async def test_a_customers_redaction_leaves_others_alone(studio: Studio) -> None:
    others = await studio.made(studio.customer(BOB))
    before, files = await studio.row(others), await studio.files()
    await studio.made(studio.customer(ADA), upload_id=await studio.photo())
    await ask_privacy(studio, "redaction", ADA)
    assert (await studio.row(others), await studio.files()) == (before, files)


async def test_what_nobody_ordered_loses_its_files_and_its_owner_with_age(studio: Studio) -> None:
    asked = await studio.made(studio.guest())
    for _ in range(3):
        clock_of(studio.app).move(days=31)
        await runner.sweep(studio.app)
        await studio.run()
    row, data = await studio.row(asked), studio.asking.personal_data
    assert row is not None
    assert isinstance(data, OwnedTable)
    gone = ("shopper_id", "guest_session_id", "idempotency_key", *data.fading, *data.emptied)
    assert {name for name in gone if row[name] is not None} == set()
    typed = [text for text in studio.bodies[0].values() if isinstance(text, str) and " " in text]
    assert [text for text in typed if text in row.values()] == [], "the person's own words go too"
    assert row["status"] == "completed"
    assert await studio.files() == []
    assert await studio.stored() == (0, 0)
    assert await studio.rows("guest_sessions") == []


async def test_a_guests_generations_become_the_customers_who_orders_from_that_browser(studio: Studio) -> None:
    browser, stranger = studio.guest(), studio.guest()
    asked = await studio.made(browser)
    others = await studio.made(stranger, upload_id=await studio.photo())
    await order_from(studio, browser, ADA)
    await ask_privacy(studio, "export", ADA)
    [shopper] = await studio.rows("shoppers")
    mine, not_mine = await studio.row(asked), await studio.row(others)
    assert mine is not None
    assert not_mine is not None
    assert (mine["shopper_id"], not_mine["shopper_id"]) == (shopper["id"], None)
    shown = json.loads((await archive(studio)).read("data.json"))[studio.asking.kind.table.name]
    assert asked["id"] in [each["id"] for each in shown]
    assert others["id"] not in [each["id"] for each in shown]
