"""The merchant's pages: for a shop on its first day, and for a busy one."""

from __future__ import annotations

import html
import re
from collections import Counter
from urllib.parse import urlsplit

import pytest

from app.catalog import Product
from app.core.errors import Unprocessable
from app.core.ids import new_id
from app.personalization import Size
from tests.apps import open_shop, save_offer, stock
from tests.integration import webhooks
from tests.integration.servers import OTHER_SHOP, SHOP
from tests.integration.world import World

pytestmark = pytest.mark.anyio


async def test_the_home_page_of_a_new_shop_says_what_to_do_next(empty_world: World) -> None:
    page = (await empty_world.merchant().document()).text
    assert "Artify is installed in Artify Demo." in page
    assert "Choose the products that shoppers can personalize." in page
    assert "Open theme editor" in page
    assert tiles(page) == ["0", "0", "0", "0"]
    assert "need your attention" not in page


async def test_the_orders_page_of_a_new_shop_says_what_will_be_there(empty_world: World) -> None:
    page = (await empty_world.merchant().document("/orders")).text
    assert "When a customer buys a design, it appears here with its print file." in page
    assert "<s-table" not in page


async def test_the_home_page_of_a_busy_shop_counts(world: World) -> None:
    design = await world.design()
    await webhooks.deliver(world.http, webhooks.order(webhooks.line(design["id"]), webhooks.line("nothing")))
    await world.run_jobs()
    await world.storefront().asked()
    page = (await world.merchant().document()).text
    assert tiles(page) == ["2", "1", "0", "2"]  # Shopify does not know the order: it could not be told of the print
    assert "2 line items need your attention" in page
    assert "Photo Poster" in page
    assert "A4, A3, 24×36 in" in page


async def test_the_home_page_lists_every_product_on_its_pages(empty_world: World) -> None:
    merchant, pages = empty_world.merchant(), list[str]()
    await merchant.document()
    named = [f"Poster {at:03}" for at in range(120)]
    for title in named:
        product = Product(new_id(), SHOP, new_id(), title, "", True, True)
        size = Size(new_id(), product.id, f"Size of {title}", 2480, 3508, None)
        await save_offer(empty_world.app, product, [size], [])
    address = "/"
    while address:
        pages.append((await merchant.fetch(address)).text)
        address = linked(pages[-1], "Next")
    assert [re.findall(r"<s-table-cell>(Poster \d+)<", page) for page in pages] == [
        named[:50],
        named[50:100],
        named[100:],
    ]
    assert all(f"Size of {title}<" in pages[2] for title in named[100:])
    assert "120 products are chosen." in pages[0]
    assert (await merchant.fetch(linked(pages[2], "Previous"))).text == pages[1]
    assert (await merchant.fetch("/?after=unknown")).text == pages[0]


def linked(page: str, button: str) -> str:
    """Where a button leads; empty if the page has none of this name."""
    found = re.search(rf'<s-button href="([^"]+)">{button}</s-button>', page)
    return html.unescape(found[1]) if found else ""


async def test_the_orders_page_leads_from_filter_to_filter_and_from_page_to_page(world: World) -> None:
    for number in range(2):
        lines = [webhooks.line("nothing") for _ in range(30)]
        await webhooks.deliver(world.http, webhooks.order(*lines, name=f"#10{number}", customer={"id": 47 + number}))
        await world.run_jobs()
        world.clock.move(milliseconds=1)
    today = f"{world.clock.now():%Y-%m-%d}"
    merchant = world.merchant()
    first = (await merchant.fetch(f"/orders?show=attention&from={today}&to={today}")).text
    assert orders_shown(first) == {"#100": 20, "#101": 30}
    second = (await merchant.fetch(linked(first, "Next"))).text
    assert orders_shown(second) == {"#100": 10}
    assert (await merchant.fetch(linked(second, "Previous"))).text == first
    assert re.search(rf'name="from" value="{today}"', second)
    assert f'href="/orders?show=ready&amp;from={today}&amp;to={today}"' in second
    assert orders_shown((await merchant.fetch("/orders?search=%23101&show=ready")).text) == {"#101": 30}
    assert orders_shown((await merchant.fetch("/orders?search=47&to=2020-01-01")).text) == {"#100": 30}
    assert "View all" in (await merchant.fetch("/orders?to=2020-01-01")).text


async def test_every_line_has_a_link_to_its_order_in_shopify(world: World) -> None:
    await webhooks.deliver(world.http, webhooks.order(webhooks.line("nothing"), id=77001, name="#1001"))
    await world.run_jobs()
    page = (await world.merchant().document("/orders")).text
    [link] = re.findall(r'<a href="([^"]+)" target="_top"><strong>#1001</strong></a>', page)
    assert urlsplit(link).path.endswith("/orders/77001")


@pytest.mark.parametrize(
    "asked",
    [
        *("show=x", "from=yesterday", "to=2026-02-30", "to=9999-12-31", "from=0001-01-01", "after=%00", "before=x"),
        *("search=%00", "search=%25", "search=" + "1" * 5000, "search=<b>", "after=x&before=y", "from=%F0%9F"),
    ],
)
async def test_parameters_that_cannot_be_understood_do_no_harm(world: World, asked: str) -> None:
    await webhooks.deliver(world.http, webhooks.order(webhooks.line("nothing"), name="#1001"))
    await world.run_jobs()
    answer = await world.merchant().fetch(f"/orders?{asked}")
    assert answer.status_code == 200
    assert "<b>" not in answer.text
    assert ("<strong>#1001" in answer.text) is not asked.startswith("search=")


def orders_shown(page: str) -> dict[str, int]:
    """How many lines of each order a page shows."""
    return dict(Counter(re.findall(r"<strong>(#\d+)</strong>", page)))


async def test_the_home_page_shows_what_a_month_of_ai_cost(world: World) -> None:
    assert "AI usage" not in (await world.merchant().document()).text
    for fault in ([], [Unprocessable("This photo cannot be used.", code="ai_refused")]):
        world.painter.faults = fault
        await world.storefront().asked()
        await world.run_jobs()
    await world.design()
    page = (await world.merchant().document()).text
    [row] = re.findall(
        r"<s-table-row>.*?</s-table-row>", page.partition("AI usage")[2].partition("Products")[0], re.DOTALL
    )
    cells = re.findall(r"<s-table-cell>(.*?)</s-table-cell>", row)
    assert cells == ["Personalization: preview", "painter", "3", "1", "2", "$0.08"]
    world.clock.move(days=31)
    assert "AI usage" not in (await world.merchant().document()).text


async def test_the_home_page_says_how_often_styles_were_used(world: World) -> None:
    assert "in total" not in (await world.merchant().document()).text
    await world.design()
    page = (await world.merchant().document()).text
    assert page.count(">used once<") == page.count("<div>Oil painting") > 1
    assert re.search(r"1 preview in total\. This month's previews are counted since \d{1,2} \w{3} \d{4}\.", page)
    await world.design()
    page = (await world.merchant().document()).text
    assert ">used 2 times<" in page
    assert "2 previews in total" in page


async def test_the_home_page_of_a_shop_with_one_product_says_so(empty_world: World) -> None:
    await open_shop(empty_world.app, SHOP)
    await stock(empty_world.app, SHOP)
    assert "1 of 1 product has print sizes." in (await empty_world.merchant().document()).text


async def test_the_orders_page_of_a_busy_shop_shows_each_line(world: World) -> None:
    design = await world.design()
    lines = webhooks.line(design["id"], quantity=3), webhooks.line("nothing", title="A mug & more")
    await webhooks.deliver(world.http, webhooks.order(*lines, name="#1001", test=True))
    await world.run_jobs()
    page = (await world.merchant().document("/orders")).text
    rows = re.findall(r'<s-table-row id="item-.*?</s-table-row>', page, re.DOTALL)
    assert len(rows) == 2
    [ready] = [row for row in rows if 'data-state="ready"' in row]
    [review] = [row for row in rows if 'data-state="needs_review"' in row]
    assert all(words in ready for words in ("#1001", "Photo Mug × 3", "2475 × 1155 px, 300 dpi", "Download print file"))
    assert all(words in ready for words in ("Test</s-badge>", "Oil painting", "11 oz"))
    assert all(words in review for words in ("A mug &amp; more", "The design of this line was not found.", "Try again"))
    assert "Print anyway" not in review


async def test_a_print_is_downloaded_by_its_link_under_a_name_of_its_order(world: World) -> None:
    design = await world.design()
    await webhooks.deliver(world.http, webhooks.order(webhooks.line(design["id"]), name="#1001"))
    await world.run_jobs()
    page = (await world.merchant().document("/orders")).text
    [link] = re.findall(r'href="([^"]+)" download', page)
    answer = await world.http.get(link.replace("&amp;", "&"))
    assert answer.status_code == 200
    said = answer.headers["content-disposition"]
    assert said.startswith('attachment; filename="1001-Photo-Mug-11-oz-Oil-painting.jpg"')


async def test_a_print_of_any_name_can_be_downloaded(world: World) -> None:
    design = await world.design()
    line = webhooks.line(design["id"], title='写真 für "Oma"\r\nX: 1')
    await webhooks.deliver(world.http, webhooks.order(line, name="#1001"))
    await world.run_jobs()
    page = (await world.merchant().document("/orders")).text
    [link] = re.findall(r'href="([^"]+)" download', page)
    answer = await world.http.get(link.replace("&amp;", "&"))
    assert answer.status_code == 200
    assert "x" not in answer.headers
    assert answer.headers["content-disposition"].startswith("attachment; ")


async def test_what_a_cart_says_is_no_markup(world: World) -> None:
    line = webhooks.line("<script>alert(1)</script>", title='"><script>alert(2)</script>')
    await webhooks.deliver(world.http, webhooks.order(line, name="<b>#1</b>"))
    await world.run_jobs()
    page = (await world.merchant().document("/orders")).text
    assert "<script>alert" not in page
    assert "<b>#1</b>" not in page


async def test_a_shop_sees_its_own_orders_alone(world: World) -> None:
    await webhooks.deliver(world.http, webhooks.order(webhooks.line("nothing"), name="#1001"))
    await world.run_jobs()
    assert "#1001" in (await world.merchant(SHOP).document("/orders")).text
    assert "#1001" not in (await world.merchant(OTHER_SHOP).document("/orders")).text


def tiles(page: str) -> list[str]:
    """The numbers on top of the home page."""
    return re.findall(r'<div class="tile"><b>(\d+)</b>', page)
