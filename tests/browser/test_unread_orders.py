"""Orders that could not be taken, in a real browser: seen on Home and Orders, and read again by a button."""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing

import httpx
from playwright.sync_api import Browser, FrameLocator, Page, expect

from tests.browser.demo import SHOP, Demo
from tests.browser.test_orders import DESKTOP, PHONE, _install, _keep, demo
from tests.integration import webhooks

__all__ = ["demo"]
MUG_VARIANT = 7800000000021


def test_an_order_that_could_not_be_taken_is_read_again_by_a_button(browser: Browser, demo: Demo) -> None:
    page = browser.new_page(viewport=DESKTOP)
    _install(page, demo)
    number = _lose_an_order(demo)
    _send_what_names_no_order(demo)
    frame = _open(page, demo, "")
    expect(frame.get_by_text("Designs in unread orders are not printed")).to_be_visible()
    _keep(page, "home-unread-orders")
    frame.get_by_role("link", name="View unread orders").click()
    expect(frame.get_by_text("Orders that could not be read")).to_be_visible()
    expect(frame.get_by_text("The message does not say which order it is about.")).to_be_visible()
    link = frame.locator(f"a[href$='/admin/orders/{number}']")
    expect(link).to_have_attribute("target", "_top")
    _keep(page, "orders-unread-desktop")
    phone = browser.new_page(viewport=PHONE, device_scale_factor=2)
    expect(_open(phone, demo, "/orders").get_by_role("button", name="Read order again")).to_be_visible()
    _keep(phone, "orders-unread-phone")
    assert not _scrolls_sideways(phone)
    _open(phone, demo, "")
    expect(phone.frame_locator("iframe").get_by_role("link", name="View unread orders")).to_be_visible()
    _keep(phone, "home-unread-orders-phone")
    phone.close()
    frame.get_by_role("button", name="Read order again").click()
    expect(frame.get_by_role("button", name="Read order again")).to_have_count(0, timeout=30_000)
    expect(frame.locator("s-table-row[data-state]")).to_have_count(1, timeout=30_000)


def _open(page: Page, demo: Demo, path: str) -> FrameLocator:
    page.goto(f"{demo.store}/admin/apps/artify{path}")
    return page.frame_locator("iframe")


def _lose_an_order(demo: Demo) -> int:
    """A paid order with a design whose messages failed. Its number."""
    line = {"variant_id": MUG_VARIANT, "quantity": 1, "properties": {"_artify_preview": "nobody-made-this"}}
    answer = httpx.post(f"{demo.shop_url}/_orders", json={"shop": SHOP, "lines": [line]})
    order = answer.json()
    with closing(sqlite3.connect(demo.folder / "var/demo/artify.db", timeout=30)) as handle:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and len(_taken(handle, order["id"])) < 2:
            time.sleep(0.2)
        with handle:
            ids = _taken(handle, order["id"])
            assert len(ids) == 2
            handle.execute("DELETE FROM order_items")
            handle.execute("DELETE FROM orders")
            handle.execute("UPDATE webhook_deliveries SET status = 'ignored' WHERE id = ?", (ids[0],))
            handle.execute("UPDATE webhook_deliveries SET status = 'failed', error = 'crashed' WHERE id = ?", (ids[1],))
    return int(order["id"])


def _taken(handle: sqlite3.Connection, order_id: int) -> list[str]:
    named = f'%"order_id":"{order_id}"%'
    rows = handle.execute("SELECT id FROM webhook_deliveries WHERE status = 'done' AND fields LIKE ?", (named,))
    return [row[0] for row in rows.fetchall()]


def _send_what_names_no_order(demo: Demo) -> None:
    body = b'{"id": null, "line_items": []}'
    headers = webhooks.headers(body, shop_domain=SHOP)
    assert httpx.post(f"{demo.app_url}/webhooks", content=body, headers=headers).status_code == 200


def _scrolls_sideways(page: Page) -> bool:
    frame = page.frames[-1]
    return bool(frame.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"))
