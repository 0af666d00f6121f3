"""The examples of docs/admin-pages.md in a real browser: each does with app.js what its text says."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from playwright.sync_api import Browser, FilePayload, Page, Route, expect

from devstore import polaris
from handlers.http.static_files import STATIC
from tests.sources import ROOT

SITE = "http://app.test"
SECTIONS = re.split(r"^### ", (ROOT / "docs" / "admin-pages.md").read_text("utf-8"), flags=re.MULTILINE)
POLARIS = polaris.script()
FILE: FilePayload = {"name": "cat.png", "mimeType": "image/png", "buffer": b"a picture"}
TOASTS = "window.shopify = { toast: { show: (text, { isError }) => document.title = `${isError}: ${text}` } };"
"""A page's title is its newest toast."""


@dataclass
class Example:
    """The page and the answers of one section; `sent` is what the browser sent, by method and path."""

    page: Page
    body: str
    answers: dict[str, str]
    sent: dict[str, str] = field(default_factory=dict)
    loads: int = 0
    storage_status: int = 200
    refusal: dict[str, str] = field(default_factory=lambda: {"message": "This is not possible."})

    def answer(self, route: Route) -> None:
        request = route.request
        asked = f"{request.method} {request.url.removeprefix(SITE)}"
        self.sent[asked] = request.post_data or ""
        if asked == "GET /":
            self.loads += 1
            route.fulfill(body=self._document(), content_type="text/html")
        elif request.method == "PUT":
            route.fulfill(status=self.storage_status, body="")
        elif asked in self.answers:
            saved = {"Content-Disposition": 'attachment; filename="report.csv"'} if asked.startswith("GET") else {}
            route.fulfill(body=self.answers[asked], headers=saved)
        else:
            route.fulfill(status=422, body=json.dumps({"error": self.refusal}))

    def _document(self) -> str:
        script = (STATIC / "app.js").read_text("utf-8")
        return f"""<script>{TOASTS}</script><script>{POLARIS}</script>
        <main id="main" tabindex="-1">{self.body}<p>loaded {self.loads} times</p></main><script>{script}</script>"""

    def expect_toast(self, text: str, *, is_error: bool = False) -> None:
        expect(self.page).to_have_title(f"{str(is_error).lower()}: {text}")


@pytest.fixture
def example(request: pytest.FixtureRequest, browser: Browser) -> Iterator[Example]:
    """The example of the section about the attribute that the test is marked with."""
    [section] = [each for each in SECTIONS if each.startswith(f"`{request.param}`")]
    blocks = dict(re.findall(r"```(?:html|json|csv) (page|(?:GET|POST) \S+)\n(.*?)```", section, re.DOTALL))
    page = browser.new_page()
    shown = Example(page, blocks.pop("page"), blocks)
    page.route(f"{SITE}/**", shown.answer)
    page.goto(f"{SITE}/")
    yield shown
    page.close()


@pytest.mark.parametrize("example", ["data-swap"], indirect=True)
def test_swap_replaces_the_element_that_the_form_names(example: Example) -> None:
    example.page.get_by_label("Name").fill("Ada")
    example.page.get_by_role("button", name="Greet").click()
    expect(example.page.locator("#greeting")).to_have_text("Hello, Ada")
    assert json.loads(example.sent["POST /greetings"]) == {"name": "Ada"}
    expect(example.page.get_by_label("Name")).to_have_value("Ada")
    assert example.loads == 1


@pytest.mark.parametrize("example", ["data-swap"], indirect=True)
def test_a_refused_form_leaves_the_page_and_says_why(example: Example) -> None:
    example.answers.clear()
    example.page.get_by_role("button", name="Greet").click()
    example.expect_toast("This is not possible.", is_error=True)
    expect(example.page.locator("#greeting")).to_have_text("Hello")


@pytest.mark.parametrize("example", ["data-swap"], indirect=True)
def test_a_form_that_does_not_reach_the_app_leaves_the_page_and_says_so(example: Example) -> None:
    example.page.context.set_offline(True)
    example.page.unroute_all()
    example.page.get_by_role("button", name="Greet").click()
    example.expect_toast("Artify could not be reached. Check your connection, then try again.", is_error=True)
    expect(example.page.locator("#greeting")).to_have_text("Hello")
    expect(example.page.get_by_role("button", name="Greet")).to_be_enabled()


@pytest.mark.parametrize("example", ["data-toast"], indirect=True)
def test_toast_says_what_has_changed(example: Example) -> None:
    example.page.get_by_role("button", name="Save").click()
    expect(example.page.get_by_text("kept for 60 days")).to_be_visible()
    example.expect_toast("Setting saved")


@pytest.mark.parametrize("example", ["data-upload"], indirect=True)
def test_upload_sends_the_file_to_storage_and_its_id_to_the_form(example: Example) -> None:
    example.page.get_by_label("Upload picture").set_input_files(FILE)
    expect(example.page.locator("#picture")).to_have_text("Your picture")
    asked = json.loads(example.sent["POST /picture/tickets"])
    assert asked == {"filename": "cat.png", "content_type": "image/png", "bytes": 9}
    assert example.sent["PUT /media/u1"] == "a picture"
    assert json.loads(example.sent["POST /picture"]) == {"upload_id": "u1"}
    example.expect_toast("Picture uploaded")


@pytest.mark.parametrize("example", ["data-upload"], indirect=True)
def test_a_file_that_storage_refuses_is_not_used(example: Example) -> None:
    example.storage_status = 403
    example.page.get_by_label("Upload picture").set_input_files(FILE)
    example.expect_toast("The file could not be uploaded. Try again.", is_error=True)
    expect(example.page.locator("#picture")).to_have_text("No picture")
    assert "POST /picture" not in example.sent


@pytest.mark.parametrize("example", ["data-load"], indirect=True)
def test_details_are_loaded_when_they_are_opened_and_stay_open_when_the_page_refreshes(example: Example) -> None:
    assert "GET /history" not in example.sent
    example.page.get_by_text("History").click()
    expect(example.page.get_by_text("Made on 30 Nov 2026")).to_be_visible()
    del example.sent["GET /history"]
    example.page.evaluate("visit('/', false)")
    expect(example.page.locator("#lines")).to_have_count(1)
    example.page.wait_for_function("!document.getElementById('main').hasAttribute('aria-busy')")
    assert example.loads == 2
    expect(example.page.get_by_text("Made on 30 Nov 2026")).to_be_visible()
    assert "GET /history" not in example.sent


@pytest.mark.parametrize("example", ["data-download"], indirect=True)
def test_download_saves_the_answer_under_its_name(example: Example) -> None:
    with example.page.expect_download() as saved:
        example.page.get_by_role("link", name="Download CSV").click()
    assert saved.value.suggested_filename == "report.csv"
    assert saved.value.path().read_text() == "day,calls\n2026-11-30,3\n"
    assert example.loads == 1


@pytest.mark.parametrize("example", ["data-download"], indirect=True)
def test_a_download_that_is_refused_says_so(example: Example) -> None:
    example.answers.clear()
    example.page.get_by_role("link", name="Download CSV").click()
    example.expect_toast("The file could not be downloaded. Try again in a moment.", is_error=True)
    assert example.loads == 1


@pytest.mark.parametrize("example", ["data-refresh"], indirect=True)
def test_refresh_loads_the_page_again(example: Example) -> None:
    example.page.wait_for_function("() => Number(document.body.innerText.match(/loaded (\\d+) times/)?.[1]) >= 3")
    assert example.loads >= 3


@pytest.mark.parametrize("example", ["data-part"], indirect=True)
def test_part_refreshes_alone(example: Example) -> None:
    example.page.get_by_label("Customer").fill("90")
    example.body = example.body.replace("1 request", "2 requests")
    expect(example.page.get_by_text("2 requests in progress")).to_be_visible()
    expect(example.page.get_by_label("Customer")).to_have_value("90")
    expect(example.page.get_by_text("loaded 1 times")).to_be_visible()


@pytest.mark.parametrize("example", ["data-pick"], indirect=True)
def test_pick_sends_what_the_merchant_chose(example: Example) -> None:
    example.page.evaluate(
        """() => shopify.resourcePicker = async (options) => {
            document.body.dataset.asked = JSON.stringify(options);
            return [{ id: "gid://shopify/Product/2" }];
        }"""
    )
    example.page.get_by_role("button", name="Choose products").click()
    expect(example.page.locator("#products")).to_have_text("Photo Mug")
    asked = json.loads(str(example.page.locator("body").get_attribute("data-asked")))
    assert (asked["type"], asked["multiple"], asked["selectionIds"]) == (
        "product",
        True,
        [{"id": "gid://shopify/Product/1"}],
    )
    assert json.loads(example.sent["POST /products"]) == {
        "shown": ["gid://shopify/Product/1"],
        "product_ids": ["gid://shopify/Product/2"],
    }


@pytest.mark.parametrize("example", ["data-pick"], indirect=True)
def test_a_pick_that_is_cancelled_sends_nothing(example: Example) -> None:
    example.page.evaluate("() => shopify.resourcePicker = async () => { document.title = 'asked' }")
    example.page.get_by_role("button", name="Choose products").click()
    expect(example.page).to_have_title("asked")
    assert "POST /products" not in example.sent


@pytest.mark.parametrize("example", ["data-pick"], indirect=True)
def test_a_picker_that_does_not_open_is_reported(example: Example) -> None:
    example.page.get_by_role("button", name="Choose products").click()
    example.expect_toast("Shopify's product picker did not open. Reload the page, then try again.", is_error=True)


@pytest.mark.parametrize("example", ["data-live"], indirect=True)
def test_live_shows_a_sample_while_the_merchant_types(example: Example) -> None:
    example.page.get_by_label("Text").press_sequentially("Mine")
    expect(example.page.locator("#sample")).to_have_text("A sample")
    assert json.loads(example.sent["POST /watermark/sample"]) == {"text": "Mine"}
    expect(example.page.get_by_label("Text")).to_be_focused()
    assert "POST /watermark" not in example.sent


@pytest.mark.parametrize("example", ["data-live"], indirect=True)
def test_an_error_stands_at_its_field_and_keeps_what_was_typed(example: Example) -> None:
    example.refusal = {"field": "text", "message": "Enter a text."}
    example.page.get_by_label("Text").fill("true")
    example.page.get_by_role("button", name="Save").click()
    field = example.page.get_by_label("Text")
    expect(example.page.get_by_role("alert")).to_have_text("Enter a text.")
    expect(field).to_have_value("true")
    expect(field).to_be_focused()
    expect(field).to_have_attribute("aria-describedby", "fault-text")
    assert json.loads(example.sent["POST /watermark"]) == {"text": "true"}
    example.answers["POST /watermark"] = "<p id='saved' data-toast='Saved'></p>"
    example.page.get_by_role("button", name="Save").click()
    expect(example.page.get_by_role("alert")).to_have_count(0)
    example.expect_toast("Saved")


@pytest.mark.parametrize("example", ["data-swap"], indirect=True)
def test_a_double_click_sends_a_form_once(example: Example) -> None:
    waiting: list[Route] = []
    example.page.route(f"{SITE}/greetings", lambda route: waiting.append(route))
    example.page.get_by_role("button", name="Greet").dblclick()
    example.page.wait_for_timeout(100)  # a second request would have been sent by now
    assert len(waiting) == 1
    waiting[0].fulfill(body=example.answers["POST /greetings"])
    expect(example.page.locator("#greeting")).to_have_text("Hello, Ada")
