"""The stand-ins for Polaris's elements look and behave as Shopify describes them, on one page that has them all."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, FilePayload, Page, Route, expect

from devstore import polaris as stand_in
from devstore.server import STATIC
from handlers.http.pages import TEMPLATES
from tests import polaris
from tests.browser import axe

SITE = "http://polaris.test"
MARKUP = (Path(__file__).parent / "polaris.html").read_text("utf-8")
PICTURE: FilePayload = {"name": "cat.png", "mimeType": "image/png", "buffer": b"a picture"}
TEXT: FilePayload = {"name": "notes.txt", "mimeType": "text/plain", "buffer": b"text"}
SENT = "() => Object.fromEntries([...new FormData(form)].map(([name, value]) => [name, value.name ?? value]))"


@pytest.fixture(scope="module")
def shared(browser: Browser) -> Iterator[Page]:
    """The page, loaded once; its scripts must not fail."""
    faults: list[str] = []
    page = browser.new_page(viewport={"width": 1440, "height": 900}, reduced_motion="reduce")
    page.on("pageerror", lambda fault: faults.append(str(fault)))
    page.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
    page.route(f"{SITE}/**", _serve)
    page.goto(f"{SITE}/")
    page.evaluate("form.addEventListener('submit', (event) => event.preventDefault())")
    yield page
    page.close()
    assert faults == []


@pytest.fixture
def page(shared: Page) -> Iterator[Page]:
    """The page as it was loaded: the form is reset, and nothing is open."""
    yield shared
    shared.keyboard.press("Escape")
    shared.evaluate("form.reset()")
    shared.set_viewport_size({"width": 1440, "height": 900})


def listen(page: Page, selector: str, *types: str) -> None:
    """Keep the types of the element's next events in `heard`."""
    script = """([selector, types]) => {
        window.heard = [];
        for (const type of types) document.querySelector(selector).addEventListener(type, () => heard.push(type));
    }"""
    page.evaluate(script, [selector, list(types)])


def _serve(route: Route) -> None:
    path = route.request.url.removeprefix(SITE)
    if path == "/":
        route.fulfill(body=MARKUP, content_type="text/html")
    elif path == "/cdn/shopifycloud/polaris-1.js":
        route.fulfill(body=stand_in.script(), content_type="text/javascript")
    else:
        route.fulfill(path=STATIC / path.removeprefix("/cdn/"))


def test_every_element_of_our_pages_is_played(page: Page) -> None:
    used = {use.name for path in TEMPLATES.rglob("*.html") for use in polaris.uses(path.read_text("utf-8"))}
    played = set(page.evaluate("(names) => names.filter((name) => customElements.get(name))", sorted(used)))
    assert used - played == {"s-app-nav"}  # App Bridge plays it


def test_the_stand_in_knows_no_attribute_or_icon_that_shopify_does_not(page: Page) -> None:
    known = polaris.elements()
    observed = page.evaluate(
        """(names) => Object.fromEntries(
            names.map((name) => [name, customElements.get(name)?.observedAttributes ?? null]))""",
        sorted(known),
    )
    assert sum(1 for each in observed.values() if each is not None) >= 50
    odd = {name: set(each or ()) - set(known[name].attributes) for name, each in observed.items()}
    assert {name: extra for name, extra in odd.items() if extra} == {}
    icons = page.evaluate("""() => [...document.querySelectorAll("s-icon, s-button[icon]")].map(
        (each) => each.root.querySelector("svg path") !== null)""")
    assert icons
    assert all(icons)


@pytest.mark.parametrize("width", [1440, 390])
def test_axe_finds_nothing(page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    assert axe.violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0


def test_all_text_has_one_font(page: Page) -> None:
    fonts = page.evaluate("""() => {
        const inner = (each) => each.shadowRoot?.querySelectorAll("*") ?? [];
        const all = [...document.querySelectorAll("main *")].flatMap((each) => [each, ...inner(each)]);
        const fonts = all.map((each) => getComputedStyle(each).fontFamily.split(",")[0]);
        return [...new Set(fonts.filter(Boolean))]; // an option is not drawn, and has none
    }""")
    assert fonts == ["Inter"]
    assert page.evaluate("() => document.fonts.check('13px Inter')")


def test_fields_reach_form_data_under_their_names(page: Page) -> None:
    assert page.evaluate(SENT) == {
        "name": "Watercolour",
        "email": "ada@shopper.example",
        "url": "https://printer.example",
        "key": "secret",
        "width": "297",
        "price": "24.5",
        "since": "2026-11-01",
        "background": "#ffcc00",
        "search": "",
        "blank": "mug",
        "prompt": "A painting",
        "enabled": "yes",
        "position": "tiled",
        "channels": "web",
    }


def test_what_is_typed_and_chosen_reaches_form_data_and_a_reset_restores_it(page: Page) -> None:
    before = page.evaluate(SENT)
    seen = page.evaluate(
        "() => { window.seen = []; form.addEventListener('change', (event) => seen.push(event.target.localName)) }"
    )
    assert seen is None
    page.get_by_label("Name").fill("Pop art")
    page.get_by_label("Width").fill("210")
    page.get_by_label("Blank").select_option("Poster")
    page.get_by_label("Prompt").fill("Ink")
    page.get_by_label("Enabled").uncheck()
    page.get_by_role("switch", name="Watermark").check()
    page.get_by_role("radio", name="Corner").check()
    page.get_by_role("checkbox", name="Point of sale").check()
    sent = page.evaluate(SENT)
    assert {
        name: sent.get(name) for name in ("name", "width", "blank", "prompt", "enabled", "watermark", "position")
    } == {
        "name": "Pop art",
        "width": "210",
        "blank": "poster",
        "prompt": "Ink",
        "enabled": None,
        "watermark": "true",
        "position": "corner",
    }
    assert page.evaluate("() => new FormData(form).getAll('channels')") == ["web", "pos"]
    assert set(page.evaluate("seen")) >= {"s-text-field", "s-select", "s-checkbox", "s-switch", "s-choice-list"}
    page.get_by_role("button", name="Reset").click()
    assert page.evaluate(SENT) == before


def test_a_field_shows_its_error_and_details_and_tells_screen_readers(page: Page) -> None:
    name = page.get_by_label("Name")
    expect(name).to_have_accessible_description("Shoppers see this name.")
    expect(name).to_have_attribute("aria-required", "true")
    page.evaluate("document.querySelector('[name=name]').error = 'Enter a name.'")
    expect(page.get_by_text("Enter a name.")).to_be_visible()
    expect(name).to_have_attribute("aria-invalid", "true")
    expect(name).to_have_accessible_description("Enter a name. Shoppers see this name.")
    page.evaluate("document.querySelector('[name=name]').error = null")
    expect(page.get_by_text("Enter a name.")).to_be_hidden()
    expect(page.get_by_label("Off")).to_be_disabled()


def test_radio_buttons_follow_the_arrow_keys(page: Page) -> None:
    page.get_by_role("radio", name="Tiled").focus()
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("radio", name="Centre")).to_be_focused()
    assert page.evaluate("form.querySelector('[name=position]').values") == ["center"]
    page.keyboard.press("Tab")
    expect(page.get_by_role("checkbox", name="Online store")).to_be_focused()


def test_options_that_come_later_can_be_chosen(page: Page) -> None:
    page.evaluate(
        "document.querySelector('#select').insertAdjacentHTML('beforeend', '<s-option value=canvas>Canvas</s-option>')"
    )
    page.get_by_label("Blank").select_option("Canvas")
    assert page.evaluate("new FormData(form).get('blank')") == "canvas"
    page.evaluate("document.querySelector('#select s-option[value=canvas]').remove()")
    assert page.evaluate("new FormData(form).get('blank')") == "mug"


def test_buttons_submit_reset_lead_and_wait(page: Page) -> None:
    sent = "() => { window.sent = 0; form.addEventListener('submit', () => sent += 1) }"
    page.evaluate(sent)
    page.get_by_role("button", name="Send").click()
    page.get_by_label("Name").press("Enter")
    assert page.evaluate("sent") == 2
    for name in ("Loading", "Disabled"):
        expect(page.get_by_role("button", name=name)).to_be_disabled()
    expect(page.get_by_role("button", name="Loading")).to_have_attribute("aria-busy", "true")
    page.get_by_role("link", name="Elsewhere").click()
    assert page.url.endswith("#elsewhere")
    expect(page.get_by_role("link", name="Products")).to_be_visible()


def test_a_drop_zone_takes_files_that_are_chosen_or_dropped(page: Page) -> None:
    listen(page, "#form", "change", "droprejected")
    page.get_by_label("Reference picture").set_input_files(PICTURE)
    assert page.evaluate("form.querySelector('s-drop-zone').files[0].name") == "cat.png"
    assert page.evaluate("form.querySelector('s-drop-zone').value") == "C:\\fakepath\\cat.png"
    assert page.evaluate(SENT)["picture"] == "cat.png"
    expect(page.get_by_text("cat.png")).to_be_visible()
    page.get_by_label("Reference picture").set_input_files(TEXT)
    assert page.evaluate("heard") == ["change", "droprejected"]
    assert page.evaluate(SENT)["picture"] == "cat.png"
    page.evaluate("""() => {
        const transfer = new DataTransfer();
        transfer.items.add(new File(["x"], "dog.png", { type: "image/png" }));
        const zone = form.querySelector("s-drop-zone").root.querySelector(".zone");
        const wish = { dataTransfer: transfer, bubbles: true, cancelable: true };
        for (const type of ["dragenter", "drop"]) zone.dispatchEvent(new DragEvent(type, wish));
    }""")
    assert page.evaluate(SENT)["picture"] == "dog.png"


def test_a_modal_opens_by_its_button_and_closes_in_each_way(page: Page) -> None:
    listen(page, "#modal", "show", "hide")
    dialog, opener = page.get_by_role("dialog", name="Delete style?"), page.get_by_role("button", name="Delete style")
    for close in ("Escape", "Close", "Cancel"):
        opener.click()
        expect(dialog).to_be_visible()
        if close == "Escape":
            page.keyboard.press("Escape")
        else:
            dialog.get_by_role("button", name=close).click() if close == "Close" else page.get_by_role(
                "button", name=close
            ).click()
        expect(dialog).to_be_hidden()
    assert page.evaluate("heard") == ["show", "hide"] * 3
    page.evaluate("modal.showOverlay()")
    expect(page.get_by_role("button", name="Delete", exact=True)).to_be_visible()
    page.evaluate("modal.hideOverlay()")
    expect(dialog).to_be_hidden()


def test_a_menu_is_used_by_keyboard(page: Page) -> None:
    page.get_by_role("button", name="More actions").press("Enter")
    expect(page.get_by_role("menuitem", name="Duplicate")).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("menuitem", name="Delete")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("menu")).to_be_hidden()


def test_a_popover_and_a_tooltip_open_beside_their_button(page: Page) -> None:
    page.get_by_role("button", name="Details").click()
    expect(page.get_by_text("3508 × 4961 px")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_text("3508 × 4961 px")).to_be_hidden()
    page.get_by_role("button", name="Help").focus()
    expect(page.get_by_text("What this means")).to_be_visible()
    page.get_by_role("button", name="Details").focus()
    expect(page.get_by_role("tooltip")).to_have_count(0)


def test_a_table_has_rows_and_columns_and_leads_on(page: Page) -> None:
    expect(page.get_by_role("columnheader")).to_have_text(["Order", "Date", "Style", "Status", "Total"])
    assert page.get_by_role("row").nth(1).evaluate("row => getComputedStyle(row).display") == "table-row"
    page.get_by_role("cell", name="Watercolour").click()
    assert page.url.endswith("#order-1001")
    page.evaluate("() => { window.turned = 0; table.addEventListener('nextpage', () => turned += 1) }")
    page.get_by_role("button", name="Next page").click()
    assert page.evaluate("turned") == 1
    expect(page.get_by_role("button", name="Previous page")).to_be_disabled()


def test_on_a_phone_a_tables_rows_become_cards_with_labels(page: Page) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    style = page.get_by_role("cell", name="Watercolour")
    expect(page.get_by_role("columnheader")).to_have_count(0)
    expect(style.get_by_text("Style", exact=True)).to_be_visible()
    expect(page.get_by_role("cell", name="#1001").get_by_text("Order", exact=True)).to_be_hidden()
    top = "cell => cell.getBoundingClientRect().top"
    date, order, status = (page.get_by_role("cell", name=name).evaluate(top) for name in ("12 Nov", "#1001", "Ready"))
    assert date < order  # the kicker stands above the title,
    assert abs(status - order) < 12  # and the status beside it
    columns = page.locator("#grid").evaluate("grid => getComputedStyle(grid).gridTemplateColumns.split(' ').length")
    assert columns == 1


def test_slots_are_where_shopify_shows_them(page: Page) -> None:
    box = {
        name: page.get_by_role("button", name=name, exact=True).bounding_box()
        for name in ("Save", "Renew access", "Add")
    }
    heading = page.get_by_role("heading", name="Photo Mug").bounding_box()
    assert heading
    assert all(box.values())
    places: dict[str, Any] = {name: each for name, each in box.items() if each}
    assert places["Save"]["x"] > heading["x"] + heading["width"]
    assert abs(places["Save"]["y"] - heading["y"]) < 24
    assert places["Renew access"]["y"] > places["Save"]["y"]
    section = page.get_by_role("heading", name="Actions").bounding_box()
    assert section
    assert abs(places["Add"]["y"] - section["y"]) < 24
    expect(page.get_by_role("heading", name="Nested", level=3)).to_be_visible()
    expect(page.get_by_role("progressbar", name="Previews used")).to_have_attribute("aria-valuenow", "40")
    expect(page.get_by_role("status").filter(has_text="Loading orders")).to_have_count(1)
    expect(page.locator("#empty").get_by_role("heading")).to_have_text("Choose your first product")


def test_a_banner_and_a_chip_are_dismissed(page: Page) -> None:
    listen(page, "#banner", "dismiss", "afterhide")
    page.get_by_role("alert").get_by_role("button", name="Dismiss notification").click()
    expect(page.get_by_text("Orders are not updated.")).to_be_hidden()
    assert page.evaluate("heard") == ["dismiss", "afterhide"]
    listen(page, "#chip", "remove")
    page.get_by_role("button", name="Remove Poster").click()
    assert page.evaluate("heard") == ["remove"]
    page.evaluate("banner.hidden = false")
