"""The editor of blanks: sizes in any unit become pixels, and open orders are asked about before they change."""

from __future__ import annotations

import html
import re
from typing import Any

import pytest

from tests.integration import webhooks
from tests.integration.merchant import Merchant
from tests.integration.servers import OTHER_SHOP
from tests.integration.storefront import MUG
from tests.integration.world import World

pytestmark = pytest.mark.anyio

BLANK = {"name": "Slate", "options": "Size", "price": "12,50", "format": "png", "background": "#332211"}
SIZE = {"name": "Small", "width": "210", "height": "297", "unit": "mm", "dpi": "300", "active": True}


def blank_id(page: str) -> str:
    [found] = re.findall(r'action="/blanks/([0-9a-f-]{36})/edit"', page)
    return str(found)


def size_ids(page: str) -> list[str]:
    return re.findall(r'action="/blanks/[0-9a-f-]{36}/sizes/([0-9a-f-]{36})"', page)


def seen(page: str, action: str) -> str:
    """The hidden field of the form with this action."""
    found = re.search(rf'action="{action}".*?name="seen" value="([^"]*)"', page, re.DOTALL)
    assert found
    return html.unescape(found[1])


async def added(merchant: Merchant, **changes: Any) -> str:
    answer = await merchant.post("/blanks/new", BLANK | changes)
    assert answer.status_code == 200, answer.text
    return answer.text


async def test_a_blank_of_the_merchants_own_is_saved_with_every_field(world: World) -> None:
    merchant = world.merchant()
    base = blank_id(await added(merchant, description="A slate with rough edges", intent="perceptual"))
    [row] = world.rows("SELECT * FROM product_bases WHERE id = ?", base)
    wanted = {
        "name": "Slate",
        "description": "A slate with rough edges",
        "option_names": '["Size"]',
        "base_price": 1250,
        "currency": "USD",
        "print_format": "png",
        "intent": "perceptual",
        "background": "#332211",
        "is_active": 1,
    }
    assert {name: row[name] for name in wanted} == wanted
    page = (await merchant.document(f"/blanks/{base}")).text
    for shown in ("Slate", "A slate with rough edges", 'value="12.50"', 'value="#332211"'):
        assert shown in page
    assert "Slate" in (await merchant.document("/blanks")).text


@pytest.mark.parametrize(
    ("given", "pixels"),
    [
        ({}, (2480, 3508)),
        ({"width": "8.5", "height": "11", "unit": "in"}, (2550, 3300)),
        ({"width": "1000", "height": "1200", "unit": "px", "dpi": "150"}, (1000, 1200)),
        ({"width": "10,5", "height": "20.25", "unit": "mm"}, (124, 239)),
    ],
)
async def test_a_size_in_any_unit_becomes_pixels(world: World, given: dict[str, str], pixels: tuple[int, int]) -> None:
    merchant = world.merchant()
    base = blank_id(await added(merchant))
    more = {"values": "S", "bleed": "3", "safe": "2.5", "price": "-1.25"}
    answer = await merchant.post(f"/blanks/{base}/sizes", SIZE | more | given)
    assert answer.status_code == 200, answer.text
    [row] = world.rows("SELECT * FROM product_base_variants WHERE product_base_id = ?", base)
    assert (row["width_px"], row["height_px"], row["price_modifier"]) == (*pixels, -125)
    assert (row["bleed_mm"], row["safe_mm"], row["option_values"]) == (3, 2.5, '["S"]')
    assert "suggested price 11.25 USD" in answer.text


@pytest.mark.parametrize(
    ("field", "given", "says"),
    [
        ("width", {"width": "0"}, "Enter a number from 8.5 to 2540 mm."),
        ("height", {"height": "100000", "unit": "px"}, "Enter a number from 100 to 30000 pixels."),
        ("width", {"width": "nan"}, "Enter a number from"),
        ("width", {"width": "1e300"}, "Enter a number from"),
        ("width", {"width": "2540", "height": "2540"}, "megapixels"),
        ("dpi", {"dpi": "0"}, "from 50 to 1200"),
        ("dpi", {"dpi": "72.5"}, "Enter a whole number"),
        ("bleed", {"bleed": "-1"}, "from 0 to 50"),
        ("safe", {"safe": "50", "width": "90"}, "less than half"),
        ("unit", {"unit": "furlong"}, "Choose one of the units."),
        ("price", {"price": "free"}, "Enter an amount"),
        ("name", {"name": "x" * 10_000}, "up to 60 characters"),
    ],
)
async def test_a_bad_size_is_named_at_its_field(world: World, field: str, given: dict[str, str], says: str) -> None:
    merchant = world.merchant()
    base = blank_id(await added(merchant))
    answer = await merchant.post(f"/blanks/{base}/sizes", SIZE | given)
    assert answer.status_code == 422
    assert says in html.unescape(answer.text)
    assert world.rows("SELECT id FROM product_base_variants WHERE product_base_id = ?", base) == []


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"name": " "}, "Enter a name."),
        ({"options": "a,b,c,d"}, "Enter up to 3 names"),
        ({"format": "gif"}, "Choose one of the formats."),
        ({"intent": "saturation"}, "Choose one of the methods."),
        ({"background": "red"}, "Enter a colour such as #ffffff."),
        ({"price": "-1"}, "Enter an amount"),
        ({"description": "x" * 501}, "up to 500 characters"),
    ],
)
async def test_a_bad_field_of_a_blank_is_refused(world: World, given: dict[str, str], says: str) -> None:
    answer = await world.merchant().post("/blanks/new", BLANK | given)
    assert answer.status_code == 422
    assert says in html.unescape(answer.text)


async def test_the_second_of_two_tabs_is_told(world: World) -> None:
    merchant = world.merchant()
    page = await added(merchant)
    base = blank_id(page)
    page = (await merchant.post(f"/blanks/{base}/sizes", SIZE)).text
    [size] = size_ids(page)
    world.clock.move(seconds=1)
    for path, body in ((f"/blanks/{base}/edit", BLANK), (f"/blanks/{base}/sizes/{size}", SIZE)):
        token = seen(page, path)
        assert (await merchant.post(path, body | {"name": "First", "seen": token})).status_code == 200
        refused = await merchant.post(path, body | {"name": "Second", "seen": token})
        assert refused.status_code == 409
        assert "changed in another tab" in refused.text


async def test_open_orders_are_named_before_their_size_changes(world: World) -> None:
    """The mug of the demo is printed on a blank; an order that waits for its payment has no print file yet."""
    merchant = world.merchant()
    design = await world.design()
    unpaid = webhooks.order(webhooks.line(design["id"])) | {"financial_status": "pending", "name": "#1077"}
    await webhooks.deliver(world.http, unpaid, topic="orders/create")
    await world.run_jobs()
    [mapped] = world.rows(
        "SELECT v.product_base_id AS base, v.id AS size FROM product_base_variants v"
        " JOIN product_base_variant_mappings m ON m.product_base_variant_id = v.id"
        " JOIN products p ON p.id = m.product_id"
        " WHERE p.shopify_product_id = ? AND m.is_active = 1 AND v.shop_id = ?",
        MUG,
        world.merchant().shop,
    )
    path = f"/blanks/{mapped['base']}/sizes/{mapped['size']}"
    page = (await merchant.document(f"/blanks/{mapped['base']}")).text
    changed = SIZE | {"name": "11 oz", "width": "2400", "height": "1120", "unit": "px", "seen": seen(page, path)}
    refused = await merchant.post(path, changed)
    assert refused.status_code == 409
    assert "An order is not printed yet and would be printed with the new values: #1077." in refused.text
    assert (await merchant.post(path, changed | {"confirmed": True})).status_code == 200
    [row] = world.rows("SELECT width_px FROM product_base_variants WHERE id = ?", mapped["size"])
    assert row["width_px"] == 2400


async def test_another_shop_finds_nothing(world: World) -> None:
    merchant, stranger = world.merchant(), world.merchant(OTHER_SHOP)
    base = blank_id(await added(merchant))
    page = (await merchant.post(f"/blanks/{base}/sizes", SIZE)).text
    [size] = size_ids(page)
    assert (await stranger.document(f"/blanks/{base}")).status_code == 404
    for path, body in (("edit", BLANK), ("sizes", SIZE), (f"sizes/{size}", SIZE)):
        assert (await stranger.post(f"/blanks/{base}/{path}", body)).status_code == 404
    assert (await merchant.post(f"/blanks/{base}/sizes/{base}", SIZE)).status_code == 404
