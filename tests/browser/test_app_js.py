"""The merchant's pages by keyboard and on a slow line: what app.js does when it swaps them."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from handlers.http.static_files import STATIC

HOME = "http://app.test/"
ORDERS, PRIVACY = "http://app.test/orders", "http://app.test/privacy"


def document(title: str, body: str) -> str:
    script = (STATIC / "app.js").read_text()
    return f"""<title>{title}</title><a href="/">Home</a><a href="/orders">Orders</a>
    <main id="main" tabindex="-1"><h1>{title}</h1>{body}</main><script>{script}</script>"""


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """At home; the page of orders asks again every tenth of a second, and counts how often it was asked."""
    page, times = browser.new_page(), iter(range(1000))

    def orders(route: Route) -> None:
        body = f"<b data-refresh='100'>asked {next(times)}</b><button>One</button><button>Two</button>"
        route.fulfill(body=document("Orders", body), content_type="text/html")

    page.route(HOME, lambda route: route.fulfill(body=document("Home", ""), content_type="text/html"))
    page.route(ORDERS, orders)
    page.goto(HOME)
    yield page
    page.close()


def test_a_page_that_refreshes_keeps_the_focus_where_it_was(page: Page) -> None:
    page.goto(ORDERS)
    page.get_by_text("Two").focus()
    expect(page.get_by_text("asked 3")).to_be_visible()
    expect(page.get_by_text("Two")).to_be_focused()


def test_a_page_that_refreshes_its_parts_keeps_what_is_typed_beside_them(page: Page) -> None:
    times = iter(range(1000))

    def privacy(route: Route) -> None:
        part = f"<section id='requests' data-part data-refresh='100'>asked {next(times)}</section>"
        form = "<form><label>Number <input name='number'></label></form>"
        route.fulfill(body=document("Privacy", form + part), content_type="text/html")

    page.route(PRIVACY, privacy)
    page.goto(PRIVACY)
    page.get_by_label("Number").press_sequentially("9001", delay=60)
    expect(page.get_by_text("asked 5")).to_be_visible()
    expect(page.get_by_label("Number")).to_have_value("9001")
    expect(page.get_by_label("Number")).to_be_focused()


def test_a_form_that_searches_loads_the_page_that_it_names_and_going_back_shows_the_whole_one_before(
    page: Page,
) -> None:
    """A refresh would replace the marked part alone, and leave the fields of the other search."""

    def found(route: Route) -> None:
        asked = parse_qs(urlsplit(route.request.url).query)
        fields = f"<input name='search' aria-label='Search' value='{asked.get('search', [''])[0]}'><input name='to'>"
        form = f"<form method='get' action='/found'>{fields}<button>Go</button></form>"
        route.fulfill(body=document("Found", f"{form}<p id='part' data-part>{asked}</p>"), content_type="text/html")

    page.route("http://app.test/found**", found)
    page.goto("http://app.test/found")
    page.get_by_label("Search").fill("#10 & 1")
    page.get_by_label("Search").press("Enter")
    expect(page.get_by_text("{'search': ['#10 & 1']}")).to_be_visible()
    assert page.url == "http://app.test/found?search=%2310+%26+1"
    expect(page.get_by_label("Search")).to_have_value("#10 & 1")
    page.go_back()
    expect(page.get_by_text("{}")).to_be_visible()
    expect(page.get_by_label("Search")).to_have_value("")


def test_a_new_page_starts_at_its_top(page: Page) -> None:
    page.get_by_role("link", name="Orders").press("Enter")
    expect(page.get_by_role("heading", name="Orders")).to_be_visible()
    expect(page.locator("#main")).to_be_focused()
    expect(page.get_by_text("asked 3")).to_be_visible()
    expect(page.locator("#main")).to_be_focused()  # also when the page has refreshed since
    assert page.title() == "Orders"


def test_a_link_waits_until_unsaved_changes_may_be_left(page: Page) -> None:
    page.evaluate(
        "window.shopify = { saveBar: { leaveConfirmation: () => new Promise((agree) => window.agree = agree) } }"
    )
    page.get_by_role("link", name="Orders").click()
    page.wait_for_function("Boolean(window.agree)")
    assert page.url == HOME
    page.evaluate("agree()")
    expect(page.get_by_role("heading", name="Orders")).to_be_visible()


def test_an_answer_that_comes_late_does_not_replace_a_newer_page(page: Page) -> None:
    page.goto(ORDERS)
    late: list[Route] = []
    page.unroute(ORDERS)
    with page.expect_request(ORDERS):
        page.route(ORDERS, lambda route: late.append(route))  # Playwright marks the function
    page.get_by_role("link", name="Home").click()
    expect(page.get_by_role("heading", name="Home")).to_be_visible()
    with page.expect_response(ORDERS):
        late[0].fulfill(body=document("Orders", "late"), content_type="text/html")
    page.evaluate("() => new Promise(requestAnimationFrame)")
    expect(page.get_by_role("heading", name="Home")).to_be_visible()
    assert page.title() == "Home"


def test_an_answer_that_is_no_page_leaves_the_page_as_it_is(page: Page) -> None:
    page.unroute(ORDERS)
    page.route(ORDERS, lambda route: route.fulfill(status=502, body="Bad gateway"))
    page.get_by_role("link", name="Orders").click()
    expect(page.locator("#main[aria-busy]")).to_have_count(0)
    expect(page.get_by_role("heading", name="Home")).to_be_visible()
    assert page.url == HOME
