"""The merchant's pages in a real browser: lines that are stuck, and how each is brought on; a customer's data."""

from __future__ import annotations

import asyncio
import base64
import json
import sqlite3
import zipfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, FrameLocator, Locator, Page, expect

from devstore.config import Config
from tests.browser.demo import SHOP, Demo, running
from tests.integration import webhooks
from tests.integration.storefront import Storefront
from tests.pictures import good
from tests.sizes import resized

PHONE = {"width": 390, "height": 844}
DESKTOP = {"width": 1280, "height": 900}
SCREENSHOTS = Path("var/screenshots")
LINES = 6
SIZE = "11 oz, 600 × 280 px"
SLOW_MS = 120_000
"""How long a picture may take on a busy machine."""


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """With a secret that this test can sign by."""
    folder = tmp_path_factory.mktemp("orders")
    keys = {name: base64.b64encode(name.encode().ljust(32)).decode() for name in ("TOKEN_KEY", "LINK_KEY")}
    (folder / "var/demo").mkdir(parents=True)
    (folder / "var/demo/keys.json").write_text(json.dumps(keys | {"SHOPIFY_API_SECRET": Config.api_secret}))
    with running(folder) as found:
        _make_mugs_small(folder / "var/demo/artify.db")
        yield found


def _make_mugs_small(database: Path) -> None:
    """What this test looks at are pages: a print without enlarging takes no time, however busy the machine is."""
    with closing(sqlite3.connect(database)) as handle, handle:
        for statement in resized(600, 280):
            handle.execute(statement)


def test_a_merchant_brings_on_every_line_that_is_stuck(browser: Browser, demo: Demo) -> None:
    page = browser.new_page(viewport=DESKTOP)
    _install(page, demo)
    page.goto(f"{demo.store}/admin/apps/artify/orders")
    page.frame_locator("iframe").get_by_role("link", name="Needs attention").click()
    expect(page.frame_locator("iframe").get_by_text("No line items match this filter.")).to_be_visible()
    _keep(page, "orders-none")
    with ThreadPoolExecutor(1) as beside:  # Playwright has an event loop in this thread
        beside.submit(asyncio.run, _orders(demo)).result()
    frame = _all_lines(page, demo)
    _look_at_the_photo(frame)
    _keep(page, "orders-desktop")
    _keep_on_a_phone(browser, demo, "orders-phone", "[data-state=unmapped]")
    _choose_a_size(frame)
    _look_at_a_new_picture(page, frame)
    _send_a_picture(page, frame, "Blue mug")
    _find_nothing(browser, demo, page, frame)
    _retry_note(page, frame)
    _pack(page, frame)
    frame.get_by_role("link", name="Needs attention").click()
    expect(frame.locator("s-table-row[data-state]")).to_have_count(4)
    _keep_on_a_phone(browser, demo, "orders-phone-untold", "[data-state=ready]")


def test_what_a_merchant_types_on_the_page_of_privacy_stays_while_it_refreshes(browser: Browser, demo: Demo) -> None:
    page = browser.new_page(viewport=DESKTOP)
    _install(page, demo)
    frame = page.frame_locator("iframe")
    page.goto(f"{demo.store}/admin/apps/artify/privacy")
    frame.get_by_label("Days to keep designs").fill("60")
    frame.get_by_text("Save", exact=True).click()
    expect(frame.get_by_text("are deleted 60 days after")).to_be_visible()
    download = frame.get_by_label("Customer ID to export")
    deletion = frame.get_by_label("Customer ID to delete")
    download.fill("9001")
    frame.get_by_text("Export customer data").click()
    deletion.fill("90")
    expect(frame.get_by_role("link", name="Download")).to_be_visible(timeout=SLOW_MS)
    expect(frame.get_by_text("Customer data exported")).to_be_visible()
    expect(deletion).to_have_value("90")
    _keep(page, "privacy-desktop")
    phone = browser.new_page(viewport=PHONE, device_scale_factor=2)
    phone.goto(f"{demo.store}/admin/apps/artify/privacy")
    days = phone.frame_locator("iframe").get_by_label("Days to keep designs")
    expect(days).to_have_value("60")
    days.scroll_into_view_if_needed()
    _keep(phone, "privacy-phone")
    assert phone.frame_locator("iframe").locator("html").evaluate("page => page.scrollWidth - page.clientWidth") == 0


def _install(page: Page, demo: Demo) -> None:
    """As the merchant does, unless they did."""
    page.goto(f"{demo.store}/admin/apps/artify")
    there = page.frame_locator("iframe").get_by_role("heading", name="Setup guide")
    button = page.get_by_role("button", name="Install app")
    expect(button.or_(page.locator("iframe"))).to_be_visible()
    if button.is_visible():
        button.click()
    expect(there).to_be_visible()


def _all_lines(page: Page, demo: Demo) -> FrameLocator:
    """The page of orders, once each webhook's job has run."""
    frame = page.frame_locator("iframe")
    for _ in range(60):
        page.goto(f"{demo.store}/admin/apps/artify/orders")
        expect(frame.get_by_role("link", name="Needs attention")).to_be_visible()
        if frame.locator("s-table-row[data-state]").count() == LINES:
            return frame
    raise AssertionError("orders are missing")


def _look_at_the_photo(frame: FrameLocator) -> None:
    row = _row(frame, "Unpaid")
    figures = row.get_by_text("dpi before enlarging")
    expect(figures).to_be_hidden()
    row.locator(".preflight summary").click()
    expect(figures).to_be_visible()


def _pack(page: Page, frame: FrameLocator) -> None:
    """All print files as a ZIP, which is then sent to the printer; and how one of them was made."""
    row = _row(frame, "Wide mug")
    row.get_by_text("How it was made").click()
    expect(row.get_by_role("link", name="Open photo")).to_be_visible()
    frame.get_by_text("Create ZIP of ready print files").click()
    download = frame.get_by_role("link", name="Download ZIP")
    expect(download).to_be_visible(timeout=SLOW_MS)
    expect(row.get_by_role("link", name="Open photo")).to_be_visible()
    with page.expect_download() as saved:
        download.click()
    with zipfile.ZipFile(saved.value.path()) as archive:
        assert archive.testzip() is None
        assert archive.namelist()[-1] == "packing-list.csv"
        assert len(archive.namelist()) == 5
    frame.get_by_text("Mark all as sent to the printer").click()
    expect(row.get_by_text("Sent to the printer on")).to_be_visible()
    expect(frame.get_by_text("Mark all as not sent")).to_be_visible()
    _keep(page, "orders-sent")


def _choose_a_size(frame: FrameLocator) -> None:
    row = _row(frame, "Wide mug")
    _select_size(row)
    row.get_by_text("Print in this size").click()
    expect(row.get_by_text("Download print file")).to_be_visible(timeout=SLOW_MS)


def _select_size(row: Locator) -> None:
    """Choose the size, behind which its blank is named."""
    sizes = row.get_by_label("Print size for this variant")
    sizes.select_option(label=sizes.locator("option", has_text=SIZE).first.inner_text())


def _look_at_a_new_picture(page: Page, frame: FrameLocator) -> None:
    row = _row(frame, "Red mug")
    row.get_by_text("Create new picture").click()
    expect(row.get_by_alt_text("New picture")).to_be_visible(timeout=SLOW_MS)
    expect(row.get_by_text("Needs review")).to_be_visible()
    _keep(page, "orders-proposal")
    row.get_by_text("Print this picture").click()
    expect(row.get_by_text("Download print file")).to_be_visible(timeout=SLOW_MS)


def _find_nothing(browser: Browser, demo: Demo, page: Page, frame: FrameLocator) -> None:
    """A line of which only its title is known gets a size, then a picture."""
    row = _row(frame, "Green mug")
    expect(row.get_by_text("Upload picture")).to_have_count(0)
    _select_size(row)
    row.get_by_text("Save size").click()
    expect(row.get_by_text("Upload picture")).to_be_visible()
    _keep(page, "orders-unknown")
    _keep_on_a_phone(browser, demo, "orders-phone-unknown", "[data-state=needs_review]")
    _send_a_picture(page, frame, "Green mug")
    expect(row.get_by_text("Own picture")).to_be_visible()


def _retry_note(page: Page, frame: FrameLocator) -> None:
    """Shopify does not know these orders, so it cannot be told of their prints, however often."""
    row = _row(frame, "Green mug")
    expect(row.get_by_text("Shopify does not show it yet")).to_be_visible(timeout=SLOW_MS)
    _keep(page, "orders-untold")
    row.get_by_text("Update Shopify again").click()
    expect(row.get_by_text("Adding the print file")).to_be_visible()
    expect(row.get_by_text("Shopify does not show it yet")).to_be_visible(timeout=SLOW_MS)


def _send_a_picture(page: Page, frame: FrameLocator, title: str) -> None:
    row, picture = _row(frame, title), good("jpeg")
    file = {"name": "mine.jpg", "mimeType": picture.mime, "buffer": picture.data}
    row.get_by_label("Upload picture").set_input_files(file)
    expect(row.get_by_alt_text("New picture")).to_be_visible(timeout=SLOW_MS)
    row.get_by_text("Print this picture").click()
    expect(row.get_by_text("Download print file")).to_be_visible(timeout=SLOW_MS)
    _keep(page, "orders-done")


def _row(frame: FrameLocator, title: str) -> Locator:
    return frame.locator("s-table-row").filter(has_text=title)


async def _orders(demo: Demo) -> None:
    """A design, and orders of it that cannot simply be printed."""
    async with httpx.AsyncClient(base_url=demo.app_url, timeout=60) as http:
        storefront = Storefront(http, SHOP)
        preview = await storefront.asked()
        async with asyncio.timeout(SLOW_MS / 1000):
            while (await storefront.look(preview))["status"] != "completed":  # noqa: ASYNC110  # as the block asks
                await asyncio.sleep(0.2)
        design = preview["id"]
        orders = [
            webhooks.order(webhooks.line(design, title="Unpaid"), financial_status="pending"),
            webhooks.order(webhooks.line(design, title="Stopped"), cancelled_at="2026-11-21T12:00:00Z", test=True),
            webhooks.order(webhooks.line(design, title="Wide mug", variant_id=404, quantity=3)),
            webhooks.order(webhooks.line(design, title="Red mug", product_id=404)),
            webhooks.order(webhooks.line(design, title="Blue mug", product_id=405)),
            webhooks.order(webhooks.line("nobody-made-this", title="Green mug", variant_id=406)),
        ]
        for order in orders:
            assert (await webhooks.deliver(http, order, shop_domain=SHOP)).status_code == 200


def _keep_on_a_phone(browser: Browser, demo: Demo, name: str, what: str) -> None:
    phone = browser.new_page(viewport=PHONE, device_scale_factor=2)
    phone.goto(f"{demo.store}/admin/apps/artify/orders")
    expect(phone.frame_locator("iframe").locator(what).first).to_be_visible()
    _keep(phone, name)
    phone.close()


def _keep(page: Page, name: str) -> None:
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SCREENSHOTS / f"{name}.png")
