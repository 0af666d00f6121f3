"""The stand-ins for App Bridge and Polaris do in a real browser what an embedded app needs of them."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import parse_qsl

import pytest
from playwright.sync_api import Browser, FrameLocator, Locator, Page, expect
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from tests.browser import axe
from tests.devstore.conftest import OpenDevstore, Shopify, serving

PAGE = """<!doctype html><meta name="shopify-api-key" content="artify-demo-key">
<script src="{cdn}/app-bridge.js"></script><script src="{cdn}/polaris-1.js"></script>
<s-app-nav><s-link href="/" rel="home">Home</s-link><s-link href="/orders">Prints</s-link></s-app-nav>
<s-page heading="Embedded"><s-section heading="Form"><form method="post" action="/form">
  <input name="name" aria-label="Name"><s-button type="submit">Save</s-button></form>
  <form id="unsaved" data-save-bar data-discard-confirmation onsubmit="return false">
    <input name="title" aria-label="Title" value="Mug"></form></s-section></s-page>"""


@dataclass
class EmbeddedApp:
    cdn: str = ""
    refusals: int = 0  # how many API calls are answered by "come again with a fresh token"
    bearers: list[str] = field(default_factory=list)
    form: dict[str, str] = field(default_factory=dict)

    def routes(self) -> list[Route]:
        return [
            Route("/", self.page),
            Route("/orders", self.page),
            Route("/api", self.api, methods=["POST"]),
            Route("/form", self.submitted, methods=["POST"]),
            Route("/stale", lambda _: RedirectResponse("/bounce?shopify-reload=%2Forders%3Ftab%3D1")),
            Route("/evil", lambda _: RedirectResponse("/bounce?shopify-reload=//evil.example/")),
            Route("/bounce", self.bounce),
        ]

    async def page(self, _: Request) -> Response:
        return HTMLResponse(PAGE.replace("{cdn}", self.cdn))

    async def bounce(self, _: Request) -> Response:
        return HTMLResponse(f'<script data-api-key="artify-demo-key" src="{self.cdn}/app-bridge.js"></script>')

    async def api(self, request: Request) -> Response:
        self.bearers.append(request.headers.get("authorization", ""))
        body = await request.json()
        if len(self.bearers) <= self.refusals:
            return JSONResponse({}, 401, {"X-Shopify-Retry-Invalid-Session-Request": "1"})
        return JSONResponse(body)

    async def submitted(self, request: Request) -> Response:
        self.form = dict(parse_qsl((await request.body()).decode()))
        return HTMLResponse("saved")


@pytest.fixture
def embedded() -> EmbeddedApp:
    return EmbeddedApp()


@pytest.fixture
def admin(embedded: EmbeddedApp, open_devstore: OpenDevstore) -> Iterator[Shopify]:
    with serving(Starlette(routes=embedded.routes())) as app_url, open_devstore(app_url=app_url) as shopify:
        embedded.cdn = f"{shopify.url}/cdn/shopifycloud"
        shopify.install()
        yield shopify


class Admin:
    """The app's page in the admin, and the app in its frame."""

    def __init__(self, page: Page, shopify: Shopify) -> None:
        self.page, self.shopify = page, shopify
        self.frame: FrameLocator = page.frame_locator("#app-frame")

    def open(self, path: str = "") -> None:
        self.page.goto(self.shopify.url + self.shopify.path(f"admin/apps/artify{path}"))

    def run(self, script: str) -> object:
        """Run a function in the app's page."""
        return self.frame.locator("s-page").evaluate(script)

    def pick(self, options: str) -> Locator:
        """Open the resource picker; what it resolves to is `picked` in the app's page. Returns the dialog."""
        self.run(
            f"() => {{ window.picked = 'open'; shopify.resourcePicker({options}).then((all) => window.picked = all) }}"
        )
        dialog = self.page.get_by_role("dialog")
        expect(dialog.get_by_role("checkbox").first).to_be_visible()
        return dialog

    def picked(self) -> object:
        expect(self.page.get_by_role("dialog")).to_have_count(0)
        return self.run("() => window.picked ?? null")


@pytest.fixture(scope="module")
def tab(browser: Browser) -> Iterator[Page]:
    """One tab for all tests: each opens an admin of its own, on another port, in it."""
    page = browser.new_page()
    page.set_default_timeout(10_000)
    yield page
    page.close()


@pytest.fixture
def opened(tab: Page, admin: Shopify) -> Iterator[Admin]:
    tab.set_viewport_size({"width": 1280, "height": 720})
    yield Admin(tab, admin)
    tab.goto("about:blank")


ASK = """async () => (await fetch("/api", { method: "POST", body: JSON.stringify({ x: 1 }) })).json()"""


@pytest.mark.parametrize("refusals", [0, 1])
def test_fetch_carries_an_id_token_and_is_retried_once(opened: Admin, embedded: EmbeddedApp, refusals: int) -> None:
    embedded.refusals = refusals
    opened.open()
    assert opened.run(ASK) == {"x": 1}
    assert len(embedded.bearers) == len(set(embedded.bearers)) == 1 + refusals
    assert all(bearer.startswith("Bearer ey") for bearer in embedded.bearers)


def test_the_admin_shows_toasts_and_the_apps_nav_and_follows_its_address(opened: Admin) -> None:
    opened.open()
    page = opened.page
    expect(page.locator("#app-nav a")).to_have_text(["Prints"])
    opened.run("""() => {
        shopify.toast.show("Saved <b>it</b>", { isError: true });
        history.pushState(null, "", "/orders?tab=2");
    }""")
    page.locator(".toast.error", has_text="Saved <b>it</b>").wait_for()
    page.wait_for_url("**/admin/apps/artify/orders?tab=2")
    assert page.locator("#app-nav a.on").inner_text() == "Prints"
    assert str(opened.run("() => shopify.idToken()")).count(".") == 2


def test_a_toasts_button_is_reported_to_the_app(opened: Admin) -> None:
    opened.open()
    opened.run("""() => {
        const onAction = () => document.title = "undone", onDismiss = () => document.title = "gone";
        window.hidden = shopify.toast.show("First");
        shopify.toast.show("Second", { action: "Undo", onAction, onDismiss });
        shopify.toast.hide(window.hidden);
    }""")
    expect(opened.page.locator(".toast")).to_have_text(["SecondUndo×"])
    opened.page.get_by_role("button", name="Undo").click()
    expect(opened.page.locator(".toast")).to_have_count(0)
    assert opened.run("() => document.title") == "undone"


def test_loading_shows_until_it_ends(opened: Admin) -> None:
    opened.open()
    opened.run("() => shopify.loading(true)")
    expect(opened.page.get_by_role("progressbar", name="Loading")).to_be_visible()
    opened.run("() => shopify.loading(false)")
    expect(opened.page.get_by_role("progressbar", name="Loading")).to_be_hidden()


def test_the_bounce_page_comes_back_with_a_fresh_id_token(opened: Admin) -> None:
    opened.open("/stale")
    opened.frame.locator("s-page").wait_for()
    opened.page.wait_for_url("**/admin/apps/artify/orders?tab=1")
    assert "id_token=ey" in opened.page.frames[1].url


def test_the_bounce_page_leads_nowhere_else(opened: Admin) -> None:
    opened.open("/evil")
    opened.page.wait_for_load_state("networkidle")
    assert "/bounce" in opened.page.frames[1].url


def test_a_polaris_button_submits_its_form_unless_it_is_loading(opened: Admin, embedded: EmbeddedApp) -> None:
    opened.open()
    opened.frame.get_by_label("Name").fill("Grace")
    button = opened.frame.locator("s-button")
    button.evaluate("button => button.toggleAttribute('loading')")
    expect(opened.frame.get_by_role("button", name="Save")).to_be_disabled()
    button.evaluate("button => button.toggleAttribute('loading')")
    opened.frame.get_by_role("button", name="Save").click()
    opened.frame.get_by_text("saved").wait_for()
    assert embedded.form == {"name": "Grace"}


def test_the_resource_picker_returns_the_products_that_were_chosen(opened: Admin) -> None:
    opened.open()
    dialog = opened.pick("{ type: 'product', multiple: true, filter: { draft: false } }")
    expect(dialog.get_by_role("button", name="Add")).to_be_disabled()
    assert "Photo Puzzle" not in dialog.inner_text()
    dialog.get_by_role("searchbox").fill("photo mug")
    expect(dialog.get_by_role("checkbox")).to_have_count(1)
    dialog.get_by_label("Photo Mug").check()
    dialog.get_by_role("searchbox").fill("canvas")
    dialog.get_by_label("24x36 in / Oak").check()
    expect(dialog.get_by_role("status")).to_have_text("2 products selected")
    assert dialog.get_by_label("Photo Canvas").evaluate("box => box.indeterminate")
    dialog.get_by_role("button", name="Add").click()
    assert opened.picked() is not None
    mug, canvas = opened.run("() => window.picked.selection")  # type: ignore[misc]
    assert (mug["id"], mug["title"], mug["handle"]) == ("gid://shopify/Product/7700000000002", "Photo Mug", "photo-mug")
    assert mug["images"][0]["originalSrc"] == f"{opened.shopify.url}/cdn/photo-mug.svg"
    assert [option["name"] for option in canvas["options"]] == ["Size", "Frame"]
    assert [variant["id"] for variant in canvas["variants"]] == ["gid://shopify/ProductVariant/7800000000044"]


def test_the_resource_picker_starts_with_the_selection_and_returns_nothing_when_cancelled(opened: Admin) -> None:
    opened.open()
    selection = "[{ id: 'gid://shopify/Product/7700000000002' }, { id: 'gid://shopify/Product/1' }]"
    dialog = opened.pick(f"{{ type: 'product', action: 'select', multiple: 2, selectionIds: {selection} }}")
    expect(dialog.get_by_label("Photo Mug")).to_be_checked()
    expect(dialog.get_by_role("status")).to_have_text("1/2 products selected")
    dialog.get_by_label("Photo Puzzle").check()
    expect(dialog.get_by_label("Photo Canvas")).to_be_disabled()
    dialog.get_by_label("Photo Puzzle").uncheck()
    dialog.get_by_label("Photo Mug").uncheck()
    dialog.get_by_role("button", name="Select").click()
    assert opened.picked() == []
    opened.pick("{ type: 'product' }").get_by_label("Photo Mug").press("Escape")
    assert opened.picked() is None


def test_the_save_bar_shows_while_a_form_differs_from_what_was_saved(opened: Admin) -> None:
    opened.open()
    page, title = opened.page, opened.frame.get_by_label("Title")
    bar = page.get_by_role("region", name="Unsaved changes")
    title.fill("Cup")
    expect(bar).to_be_visible()
    title.fill("Mug")
    expect(bar).to_be_hidden()
    title.fill("Cup")
    bar.get_by_role("button", name="Discard").click()
    page.get_by_role("button", name="Continue editing").click()
    expect(title).to_have_value("Cup")
    bar.get_by_role("button", name="Discard").click()
    page.get_by_role("button", name="Discard changes").click()
    expect(bar).to_be_hidden()
    expect(title).to_have_value("Mug")
    title.fill("Glass")
    opened.run("() => document.forms.unsaved.addEventListener('submit', () => document.title = 'sent')")
    bar.get_by_role("button", name="Save").click()
    expect(bar).to_be_hidden()
    assert opened.run("() => document.title") == "sent"


def test_a_page_with_unsaved_changes_asks_before_it_is_left(opened: Admin) -> None:
    opened.open()
    page = opened.page
    opened.frame.get_by_label("Title").fill("Cup")
    expect(page.get_by_role("region", name="Unsaved changes")).to_be_visible()
    page.get_by_role("link", name="Orders", exact=True).click()
    page.get_by_role("button", name="Stay").click()
    expect(opened.frame.get_by_label("Title")).to_have_value("Cup")
    opened.run("() => { shopify.saveBar.leaveConfirmation().then(() => document.title = 'left') }")
    page.get_by_role("button", name="Leave page").click()
    expect(page.get_by_role("region", name="Unsaved changes")).to_be_hidden()
    opened.run("async () => { await shopify.saveBar.leaveConfirmation() }")  # nothing is unsaved now
    assert opened.run("() => document.title") == "left"


def test_a_save_bar_element_is_shown_by_its_id_and_passes_clicks_on(opened: Admin) -> None:
    opened.open()
    opened.run("""() => {
        const bar = "<ui-save-bar id='bar'><button variant='primary'></button></ui-save-bar>";
        document.body.insertAdjacentHTML("beforeend", bar);
        document.querySelector("#bar button").addEventListener("click", () => document.title = "1");
        return shopify.saveBar.show("bar");
    }""")
    opened.page.get_by_role("button", name="Save", exact=True).click()
    expect(opened.frame.locator("body")).to_be_visible()
    assert opened.run("async () => { await shopify.saveBar.hide('bar'); return document.title }") == "1"
    expect(opened.page.get_by_role("region", name="Unsaved changes")).to_be_hidden()


def test_app_bridge_tells_where_the_apps_blocks_are(opened: Admin) -> None:
    opened.open()
    found = opened.run(
        "async () => (await shopify.app.extensions())[0].activations.map((each) => [each.handle, each.status])"
    )
    assert found == [["cart", "active"], ["personalizer", "active"]]


def test_on_a_phone_the_menu_opens_and_closes(opened: Admin) -> None:
    page = opened.page
    page.set_viewport_size({"width": 390, "height": 844})
    opened.open()
    expect(page.locator("#app-nav a")).to_have_text(["Prints"])
    expect(page.get_by_role("navigation", name="Admin")).to_be_hidden()
    page.get_by_role("button", name="Menu").click()
    expect(page.get_by_role("link", name="Prints")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("navigation", name="Admin")).to_be_hidden()
    page.get_by_role("button", name="Menu").click()
    page.get_by_role("link", name="Prints").click()
    page.wait_for_url("**/admin/apps/artify/orders")
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0


def test_axe_finds_nothing_in_the_admin(opened: Admin) -> None:
    page, shopify = opened.page, opened.shopify
    shopify.order()
    page.goto(shopify.url + shopify.path("admin/orders"))
    assert axe.violations(page) == []
    opened.open()
    opened.pick("{ type: 'product', multiple: true }")
    page.evaluate("document.querySelector('#app-frame').remove()")  # the app's page is another origin's
    assert axe.violations(page) == []
