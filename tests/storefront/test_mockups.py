"""The design on its product, in a real browser: as a preview's other look, and on the lines of a theme's cart."""

import re

from playwright.sync_api import Locator, Page, expect

from tests.storefront.fake import Shop, error
from tests.storefront.rendering import A3, A4, LINE
from tests.storefront.steps import Visit, hook, make_preview

MOCKUP = re.compile("/mockup.png$")
PLAIN = re.compile("/plain.png$")


def test_a_preview_is_shown_alone_and_on_its_product_and_nothing_moves_between(visit: Visit) -> None:
    page = visit()
    make_preview(page)
    expect(hook(page, "preview")).to_be_visible()
    expect(hook(page, "mockup")).to_be_hidden()
    before = hook(page, "add").bounding_box()
    page.get_by_role("radio", name="On the product").check()
    expect(hook(page, "mockup")).to_be_visible()
    expect(hook(page, "mockup")).to_have_attribute("alt", "Your Watercolour design on the product")
    expect(hook(page, "preview")).to_be_hidden()
    assert hook(page, "add").bounding_box() == before
    page.get_by_role("radio", name="On the product").press("ArrowLeft")
    expect(hook(page, "preview")).to_be_visible()


def test_what_a_shopper_looks_at_stays_with_the_next_preview(visit: Visit) -> None:
    page = visit()
    make_preview(page)
    page.get_by_role("radio", name="On the product").check()
    hook(page, "restyle").click()
    hook(page, "create").click()
    expect(hook(page, "mockup")).to_be_visible()


def test_a_product_without_a_mockup_shows_the_preview_alone(visit: Visit, shop: Shop) -> None:
    shop.mockups = False
    page = visit()
    make_preview(page)
    expect(hook(page, "preview")).to_be_visible()
    expect(page.get_by_role("radio", name="On the product")).to_have_count(0)


def test_cart_lines_show_their_own_designs_in_page_and_drawer_and_nothing_else_does(visit: Visit, shop: Shop) -> None:
    page = add(visit(), shop)
    shop.lines += [line(A4), line(A3, "p-of-somebody-else"), line(A4)]
    page.reload()
    for place in ("#cart-drawer", "form"):
        pictures = page.locator(f"{place} img")
        expect(pictures.nth(0)).to_have_attribute("src", MOCKUP)
        expect(pictures.nth(0)).to_have_attribute("alt", "Poster with your design")
        expect(pictures.nth(0)).not_to_have_attribute("srcset", re.compile("."))
        assert [PLAIN.search(str(each.get_attribute("src"))) is not None for each in pictures.all()[1:]] == [True] * 3
    expect(page.locator(".recommended img")).to_have_attribute("src", PLAIN)


def test_a_cart_that_is_drawn_again_shows_the_design_again(visit: Visit, shop: Shop) -> None:
    page = add(visit(), shop)
    expect(form_picture(page)).to_have_attribute("src", MOCKUP)
    page.evaluate("const list = document.querySelector('form ul'); list.replaceWith(list.cloneNode(true))")
    page.evaluate("document.querySelector('form img').src = '/plain.png'")
    expect(form_picture(page)).to_have_attribute("src", MOCKUP)


def test_a_line_that_is_added_beside_the_cart_shows_its_design_once_it_is_drawn(visit: Visit, shop: Shop) -> None:
    page = add(visit(), shop)
    shop.lines.clear()
    page.reload()
    shop.lines.append(line(A4, "p1"))
    with page.expect_response("**/cart.js"):
        page.evaluate("document.dispatchEvent(new Event('artify:added'))")
    page.evaluate("html => document.querySelector('form ul').innerHTML = html", LINE.format(root="/", variant=A4))
    expect(form_picture(page)).to_have_attribute("src", MOCKUP)


def test_a_design_that_can_be_seen_no_more_leaves_the_products_picture_and_is_forgotten(
    visit: Visit, shop: Shop
) -> None:
    page = add(visit(), shop)
    expect(form_picture(page)).to_have_attribute("src", MOCKUP)  # else its own question may be the one refused
    shop.refusals["p1"] = error(404, "There is nothing here.")
    with page.expect_response("**/previews/p1?*"):
        page.reload()
    expect(form_picture(page)).to_have_attribute("src", PLAIN)
    page.wait_for_function("localStorage.getItem('artify:designs:artify-demo.myshopify.com') === null")


def test_a_day_later_nothing_is_asked_for(visit: Visit, shop: Shop) -> None:
    page = add(visit(), shop)
    expect(form_picture(page)).to_have_attribute("src", MOCKUP)
    page.clock.install(time="2030-01-01")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.reload()
    page.wait_for_load_state("networkidle")
    assert [url for url in asked if "/previews/" in url or url.endswith("cart.js")] == []
    expect(form_picture(page)).to_have_attribute("src", PLAIN)


def add(page: Page, shop: Shop) -> Page:
    """A design goes into the cart, by the block; the cart's page."""
    make_preview(page)
    hook(page, "add").click()
    page.wait_for_url("**/cart")
    assert [each["id"] for each in shop.lines] == [A4]
    return page


def form_picture(page: Page) -> Locator:
    return page.locator("form img").first


def line(variant: int, design: str | None = None) -> dict[str, object]:
    return {"id": variant, "properties": {"_artify_preview": design} if design else {}}
