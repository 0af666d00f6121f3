"""Ids of 64 bits, of which JavaScript's numbers lose the last digits: the block and the cart embed lose none."""

import pytest
from playwright.sync_api import Page, expect

from tests.storefront import fake, rendering
from tests.storefront.fake import Shop
from tests.storefront.steps import Visit, hook, make_preview
from tests.storefront.test_mockups import MOCKUP, PLAIN

PRODUCT = 2**53 + 1
A4, A3, SQUARE = 2**63 - 1, 2**63 - 3, 2**63 - 5
"""JavaScript takes these for one number."""


@pytest.fixture(autouse=True)
def large_ids(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (fake, rendering):
        for name in ("PRODUCT", "A4", "A3", "SQUARE"):
            monkeypatch.setattr(module, name, globals()[name])


def test_the_variant_that_the_theme_has_chosen_is_designed_and_sold(visit: Visit, shop: Shop, page: Page) -> None:
    visit()
    page.evaluate(f"document.querySelector('form [name=id]').value = '{A3}'")
    make_preview(page)
    assert (shop.wishes[0]["product_id"], shop.wishes[0]["variant_id"]) == (str(PRODUCT), str(A3))
    hook(page, "add").click()
    page.wait_for_url("**/cart")
    assert [line["id"] for line in shop.lines] == [A3]


def test_the_themes_own_button_is_guarded(visit: Visit, shop: Shop) -> None:
    page = visit()
    page.get_by_role("button", name="Theme add to cart").click()
    expect(hook(page, "hint")).to_be_visible()
    assert shop.lines == []


def test_the_cart_shows_a_design_at_its_own_variant_alone(visit: Visit, shop: Shop, page: Page) -> None:
    make_preview(visit())
    hook(page, "add").click()
    page.wait_for_url("**/cart")
    shop.lines.append({"id": A3, "properties": {}})
    page.reload()
    designed, plain = page.locator("form img").all()
    expect(designed).to_have_attribute("src", MOCKUP)
    expect(plain).to_have_attribute("src", PLAIN)
