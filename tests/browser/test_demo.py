"""The whole way in a real browser, on the demo: install, preview, cart, pay, download."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.demo import Demo, running
from tests.browser.journey import DESKTOP, PHONE, buy, check_print, design, download, keep, phone_photo


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    with running(tmp_path_factory.mktemp("demo")) as found:
        yield found


@pytest.fixture(scope="module")
def photo() -> bytes:
    return phone_photo()


def test_a_photo_becomes_a_paid_order_and_a_print_file(browser: Browser, demo: Demo, photo: bytes) -> None:
    merchant = browser.new_page(viewport=DESKTOP)
    _install(merchant, demo)
    shopper = browser.new_page(viewport=PHONE, device_scale_factor=2, reduced_motion="reduce")
    preview = design(shopper, demo, photo)
    buy(shopper)
    check_print(download(merchant, demo), preview)
    _check_order(merchant, demo)


def _install(page: Page, demo: Demo) -> None:
    page.goto(f"{demo.store}/admin/apps/artify")
    keep(page, "1-install")
    page.get_by_role("button", name="Install app").click()
    home = page.frame_locator("iframe")
    expect(home.get_by_text("Artify is installed")).to_be_visible()
    expect(home.get_by_text("Photo Poster")).to_be_visible()
    keep(page, "2-admin-home")


def _check_order(page: Page, demo: Demo) -> None:
    """Shopify's order knows of its print."""
    page.goto(f"{demo.store}/admin/orders")
    page.get_by_role("link", name="#1001").click()
    expect(page.get_by_text("artify-print-ready")).to_be_visible()
    expect(page.get_by_text("print_", exact=False).first).to_be_visible()
    keep(page, "11-shopify-order")
