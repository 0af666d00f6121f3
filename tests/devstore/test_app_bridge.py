"""The stand-ins for App Bridge and Polaris do in a real browser what an embedded app needs of them."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from urllib.parse import parse_qsl

import pytest
from playwright.sync_api import FrameLocator, Page, expect, sync_playwright
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from tests.browser import chromium
from tests.devstore.conftest import OpenDevstore, Shopify, serving

PAGE = """<!doctype html><meta name="shopify-api-key" content="artify-demo-key">
<script src="{cdn}/app-bridge.js"></script><script src="{cdn}/polaris-1.js"></script>
<s-app-nav><s-link href="/" rel="home">Home</s-link><s-link href="/orders">Prints</s-link></s-app-nav>
<s-page heading="Embedded"><s-section heading="Form"><form method="post" action="/form">
  <input name="name" aria-label="Name"><s-button type="submit">Save</s-button></form></s-section></s-page>"""


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


Scenario = Callable[[Page, FrameLocator], None]


def watch(shopify: Shopify, path: str, scenario: Scenario) -> None:
    """Open the app's page in the admin and look. In a thread: Playwright allows one browser loop in each."""
    if chromium.path() is None:
        pytest.skip(chromium.ABSENT)

    def run() -> None:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium.path(), args=["--no-sandbox"])
            page = browser.new_page()
            page.set_default_timeout(10_000)
            page.goto(shopify.url + shopify.path(f"admin/apps/artify{path}"))
            scenario(page, page.frame_locator("#app-frame"))
            browser.close()

    with ThreadPoolExecutor(1) as pool:
        pool.submit(run).result()


ASK = """async () => (await fetch("/api", { method: "POST", body: JSON.stringify({ x: 1 }) })).json()"""


@pytest.mark.parametrize("refusals", [0, 1])
def test_fetch_carries_an_id_token_and_is_retried_once(admin: Shopify, embedded: EmbeddedApp, refusals: int) -> None:
    embedded.refusals = refusals

    def scenario(_: Page, frame: FrameLocator) -> None:
        assert frame.locator("s-page").evaluate(ASK) == {"x": 1}

    watch(admin, "", scenario)
    assert len(embedded.bearers) == len(set(embedded.bearers)) == 1 + refusals
    assert all(bearer.startswith("Bearer ey") for bearer in embedded.bearers)


def test_the_admin_shows_toasts_and_the_apps_nav_and_follows_its_address(admin: Shopify) -> None:
    def scenario(page: Page, frame: FrameLocator) -> None:
        page.locator("#app-nav a", has_text="Prints").wait_for()
        assert page.locator("#app-nav a").count() == 1
        frame.locator("s-page").evaluate("""() => {
            shopify.toast.show("Saved <b>it</b>", { isError: true });
            history.pushState(null, "", "/orders?tab=2");
        }""")
        page.locator(".toast.error", has_text="Saved <b>it</b>").wait_for()
        page.wait_for_url("**/admin/apps/artify/orders?tab=2")
        assert page.locator("#app-nav a.on").inner_text() == "Prints"
        token = frame.locator("s-page").evaluate("() => shopify.idToken()")
        assert token.count(".") == 2

    watch(admin, "", scenario)


def test_the_bounce_page_comes_back_with_a_fresh_id_token(admin: Shopify) -> None:
    def scenario(page: Page, frame: FrameLocator) -> None:
        frame.locator("s-page").wait_for()
        page.wait_for_url("**/admin/apps/artify/orders?tab=1")
        assert "id_token=ey" in page.frames[1].url

    watch(admin, "/stale", scenario)


def test_the_bounce_page_leads_nowhere_else(admin: Shopify) -> None:
    def scenario(page: Page, _: FrameLocator) -> None:
        page.wait_for_load_state("networkidle")
        assert "/bounce" in page.frames[1].url

    watch(admin, "/evil", scenario)


def test_a_polaris_button_submits_its_form_unless_it_is_loading(admin: Shopify, embedded: EmbeddedApp) -> None:
    def scenario(_: Page, frame: FrameLocator) -> None:
        frame.get_by_label("Name").fill("Grace")
        button = frame.locator("s-button")
        button.evaluate("button => button.toggleAttribute('loading')")
        expect(frame.get_by_role("button", name="Save")).to_be_disabled()
        button.evaluate("button => button.toggleAttribute('loading')")
        frame.get_by_role("button", name="Save").click()
        frame.get_by_text("saved").wait_for()

    watch(admin, "", scenario)
    assert embedded.form == {"name": "Grace"}
