"""What a shopper is told of the photo before they buy, on a phone."""

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.storefront.fake import DONE, Shop
from tests.storefront.rendering import A3
from tests.storefront.steps import Visit, hook, make_preview

SCREENSHOTS = Path("var/screenshots")
SMALL = "The photo is a little small for this size: fine details may look soft."
TINY = "The photo is too small for this size: the print will look blurred."
DARK = "The photo is grainy, as photos in dim light are."


def judged(verdict: str, *messages: str) -> dict[str, Any]:
    """A finished preview's state; a check that is ok comes first."""
    checks = [{"name": "cast", "verdict": "ok", "value": 1, "message": None}]
    checks += [{"name": "some", "verdict": verdict, "value": 1, "message": message} for message in messages]
    return {**DONE, "preflight": {"verdict": verdict, "checks": checks}}


def note_of(page: Page) -> Locator:
    make_preview(page)
    return hook(page, "verdict")


def keep(page: Page, name: str) -> None:
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    hook(page, "verdict").scroll_into_view_if_needed()
    page.screenshot(path=SCREENSHOTS / f"{name}.png")


def test_a_good_photo_is_said_to_be_good_in_one_line(visit: Visit, shop: Shop) -> None:
    shop.looks = [judged("ok")]
    page = visit()
    expect(note_of(page)).to_have_text("Your photo is good for this size.")
    keep(page, "verdict-ok")


def test_a_photo_that_is_not_ideal_has_its_faults_named(visit: Visit, shop: Shop) -> None:
    shop.looks = [judged("warn", SMALL, DARK)]
    page = visit()
    expect(note_of(page).get_by_role("listitem")).to_have_text([SMALL, DARK])
    keep(page, "verdict-warn")


def test_a_poor_photo_comes_with_advice_and_can_still_be_bought(visit: Visit, shop: Shop) -> None:
    shop.looks = [judged("poor", TINY)]
    page = visit()
    note = note_of(page)
    expect(note).to_contain_text(TINY)
    expect(note).to_contain_text("or a smaller size")
    keep(page, "verdict-poor")
    hook(page, "add").click()
    page.wait_for_url("**/cart")
    assert shop.lines[0]["properties"]["_artify_preview"] == "p1"


def test_a_photo_that_nobody_measured_is_not_judged(visit: Visit, shop: Shop) -> None:
    assert note_of(visit()).inner_text() == ""


def test_another_size_of_the_same_shape_is_judged_for_itself(visit: Visit, shop: Shop) -> None:
    shop.looks = [judged("ok")]
    page = visit()
    note = note_of(page)
    expect(note).to_contain_text("good for this size")
    shop.looks = [judged("poor", TINY)]
    page.evaluate(f"document.querySelector('[name=id]').value = {A3}")
    expect(note).to_contain_text(TINY)
    assert shop.sizes_asked[-1] == "A3"


@pytest.mark.parametrize("verdict", ["ok", "poor"])
def test_a_verdict_never_widens_the_page(visit: Visit, shop: Shop, verdict: str) -> None:
    shop.looks = [judged(verdict, TINY * 3)]
    page = visit()
    expect(note_of(page)).not_to_be_empty()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
