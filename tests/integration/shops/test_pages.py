"""The merchant's pages: for a shop on its first day, and for a busy one."""

from __future__ import annotations

import re

import pytest

from app.core.errors import Unprocessable
from tests.apps import open_shop, stock
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
