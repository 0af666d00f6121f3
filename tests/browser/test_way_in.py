"""A merchant's way in on an empty shop, in the order that the setup guide suggests, to the first print file."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from playwright.sync_api import Browser, FrameLocator, Locator, Page, expect

from tests.browser.demo import NEW_SHOP, Demo, running
from tests.browser.journey import DESKTOP, PHONE, buy, check_print, design, download, keep, phone_photo

STEPS = [
    "Install Artify",
    "Choose products",
    "Add a blank",
    "Set print sizes",
    "Add styles",
    "Confirm the watermark",
    "Add the block to your theme",
    "Make a first preview",
    "Get a first order",
]


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    with running(tmp_path_factory.mktemp("demo")) as found:
        yield replace(found, shop=NEW_SHOP)


def test_a_merchant_sets_up_an_empty_shop_and_sells_a_first_design(browser: Browser, demo: Demo) -> None:
    merchant = browser.new_page(viewport=DESKTOP)
    merchant.goto(f"{demo.store}/admin/apps/artify")
    merchant.get_by_role("button", name="Install app").click()
    admin = merchant.frame_locator("iframe")
    expect_steps(admin, done=1)
    keep(merchant, "way-in-1-home")
    choose_products(merchant, admin)
    add_blanks(merchant, admin, demo)
    set_print_sizes(merchant, admin, demo)
    add_styles(merchant, admin, demo)
    confirm_watermark(merchant, admin, demo)
    go_home(merchant, admin, demo, done=6)
    add_block(merchant, admin)
    shopper = browser.new_page(viewport=PHONE, device_scale_factor=2, reduced_motion="reduce")
    preview = design(shopper, demo, phone_photo())
    go_home(merchant, admin, demo, done=8)
    keep(merchant, "way-in-8-home")
    buy(shopper, has_embed=False)
    check_print(download(merchant, demo), preview)
    merchant.goto(f"{demo.store}/admin/apps/artify")
    expect(admin.get_by_text("All 9 steps are done")).to_be_visible()
    keep(merchant, "way-in-9-home")


def choose_products(merchant: Page, admin: FrameLocator) -> None:
    follow(admin, "Choose products")
    admin.get_by_role("button", name="Choose products").click()
    merchant.get_by_role("checkbox", name="Photo Poster").check()
    merchant.get_by_role("button", name="Select", exact=True).click()
    expect(admin.get_by_role("link", name="Photo Poster")).to_be_visible()
    expect(admin.get_by_text("Setup incomplete")).to_be_visible()
    keep(merchant, "way-in-2-products")


def add_blanks(merchant: Page, admin: FrameLocator, demo: Demo) -> None:
    go_home(merchant, admin, demo, done=2)
    follow(admin, "View blanks")
    for name in ("Matte paper, A sizes", "Matte paper, inches"):
        row(admin, name).get_by_role("button", name="Add blank").click()
        expect(row(admin, name).get_by_role("button", name="Disable")).to_be_visible()
    keep(merchant, "way-in-3-blanks")


def set_print_sizes(merchant: Page, admin: FrameLocator, demo: Demo) -> None:
    go_home(merchant, admin, demo, done=3)
    follow(admin, "Set print sizes")
    admin.get_by_role("button", name="Use this blank").click()
    expect(admin.get_by_label("Print size of A3")).to_contain_text("A3, 297 × 420 mm")
    admin.get_by_role("button", name="Add blank").click()
    sizes = [admin.get_by_label(f"Print size of {name}") for name in ("A4", "A3", "24x36 in")]
    for size, name in zip(sizes, ("A4", "A3", "24×36 in"), strict=True):
        expect(size.locator("option:checked")).to_contain_text(name)
    keep(merchant, "way-in-4-product")
    admin.get_by_role("button", name="Save print sizes").click()
    expect(admin.get_by_text("Suggested")).to_have_count(0)


def add_styles(merchant: Page, admin: FrameLocator, demo: Demo) -> None:
    go_home(merchant, admin, demo, done=4)
    follow(admin, "View styles")
    for name in ("Watercolour", "Oil painting"):
        card = admin.get_by_role("listitem").filter(has_text=name)
        card.get_by_role("button", name="Add style").click()
        expect(card.get_by_role("button", name="Disable")).to_be_visible()
    keep(merchant, "way-in-5-styles")


def confirm_watermark(merchant: Page, admin: FrameLocator, demo: Demo) -> None:
    go_home(merchant, admin, demo, done=5)
    follow(admin, "View watermark")
    expect(admin.get_by_label("Text")).to_have_value("Print Corner")
    keep(merchant, "way-in-6-watermark")
    admin.get_by_role("button", name="Confirm watermark").click()
    expect(admin.get_by_role("button", name="Save")).to_be_visible()


def add_block(merchant: Page, admin: FrameLocator) -> None:
    """The guide's link adds the block to the product template; saving puts it into the theme."""
    follow(admin, "Open theme editor")
    merchant.get_by_role("button", name="Save", exact=True).click()
    expect(merchant.get_by_role("button", name="Save", exact=True)).to_be_disabled()
    keep(merchant, "way-in-7-theme-editor")


def go_home(merchant: Page, admin: FrameLocator, demo: Demo, *, done: int) -> None:
    merchant.goto(f"{demo.store}/admin/apps/artify")
    expect_steps(admin, done=done)


def expect_steps(admin: FrameLocator, *, done: int) -> None:
    """The first steps are done, and the next one has the only prominent button of the guide."""
    expect(admin.locator(".steps li.done strong")).to_have_text(STEPS[:done])
    expect(admin.locator(".steps li.next strong")).to_have_text(STEPS[done : done + 1])


def follow(admin: FrameLocator, button: str) -> None:
    """Press the button of the next step."""
    admin.locator(".steps li.next").get_by_role("link", name=button).click()


def row(admin: FrameLocator, name: str) -> Locator:
    return admin.locator("s-table-row").filter(has=admin.get_by_text(name, exact=True))
