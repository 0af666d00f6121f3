"""A browser on the shop's page sends a photo to storage, which is another origin: it asks first, then sends."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect

from handlers.demo.shop import PHOTO
from tests.aws import servers
from tests.integration.servers import SHOP
from tests.setups import SETUPS, SetUp
from tests.setups.machine import OnPostgres

SLOW_MS = 60_000
"""How long an app may take to wake on a busy machine."""


@dataclass(frozen=True)
class Asked:
    """A preflight: where to, from which origin, for what, and the answer's status."""

    url: str
    origin: str
    method: str
    headers: str
    status: int


class Preflights:
    """The preflights of a page. The browser alone knows of them: no script and no route sees one."""

    def __init__(self, page: Page):
        self.answered: list[Asked] = []
        self._sent: dict[str, Any] = {}
        devtools = page.context.new_cdp_session(page)
        devtools.on("Network.requestWillBeSent", self._note)
        devtools.on("Network.responseReceived", self._answer)
        devtools.send("Network.enable")

    def _note(self, event: dict[str, Any]) -> None:
        if event["request"]["method"] == "OPTIONS":
            self._sent[event["requestId"]] = event["request"]

    def _answer(self, event: dict[str, Any]) -> None:
        if event["type"] == "Preflight":
            request = self._sent[event["requestId"]]
            said = {name.lower(): value for name, value in request["headers"].items()}
            wanted = [said[f"access-control-request-{name}"] for name in ("method", "headers")]
            self.answered.append(Asked(request["url"], said["origin"], *wanted, status=event["response"]["status"]))


@pytest.fixture(params=SETUPS)
def setup(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[SetUp]:
    """A running app that the merchant has not opened yet, on a thread without the browser's event loop."""
    opened = SETUPS[request.param](tmp_path)
    with ThreadPoolExecutor(1) as aside:
        yield aside.submit(opened.__enter__).result()
        aside.submit(opened.__exit__, None, None, None).result()


@pytest.fixture
def page(browser: Browser, setup: SetUp) -> Iterator[Page]:
    """The product page of a shop whose merchant has just installed the app."""
    page = browser.new_page()
    page.set_default_timeout(SLOW_MS)
    page.goto(f"{setup.shopify.url}/{SHOP}/admin/apps/artify")
    page.get_by_role("button", name="Install app").click()
    expect(page.frame_locator("iframe").get_by_text("Artify is installed")).to_be_visible(timeout=SLOW_MS)
    page.goto(f"{setup.shopify.url}/{SHOP}/products/photo-poster?variant=7800000000012")
    yield page
    page.close()


def test_a_photo_goes_from_the_shops_page_to_storage_byte_for_byte(setup: SetUp, page: Page) -> None:
    asked = Preflights(page)
    with page.expect_response(lambda answer: answer.request.method == "PUT") as sent:
        page.locator("[data-artify=file]").set_input_files(PHOTO)
    sent.value.finished()
    assert _origin(sent.value.url) == _storage(setup) != _origin(page.url)
    assert sent.value.ok
    [preflight] = [each for each in asked.answered if each.url == sent.value.url]
    assert (preflight.origin, preflight.method, preflight.headers) == (_origin(page.url), "PUT", "content-type")
    assert preflight.status in (200, 204)
    [upload] = setup.rows("SELECT key FROM assets WHERE purpose = 'upload'")
    assert setup.stored(upload["key"]) == PHOTO.read_bytes()
    expect(page.locator("[data-artify=error]")).to_have_count(0)


@pytest.mark.parametrize("setup", ["postgres"], indirect=True)
def test_a_bucket_that_allows_another_origin_alone_gets_nothing(setup: SetUp, page: Page) -> None:
    assert isinstance(setup, OnPostgres)
    _allow(setup.bucket, AllowedOrigins=["https://another.example.com"])
    asked = Preflights(page)
    page.locator("[data-artify=file]").set_input_files(PHOTO)
    expect(page.locator("[data-artify=error]")).to_be_visible()
    assert [_origin(each.url) for each in asked.answered if each.method == "PUT"] == [_storage(setup)]
    assert list(setup.objects()) == []


@pytest.mark.parametrize("setup", ["postgres"], indirect=True)
def test_a_bucket_that_allows_no_content_type_gets_nothing(setup: SetUp, page: Page) -> None:
    assert isinstance(setup, OnPostgres)
    _allow(setup.bucket, AllowedHeaders=["If-Match"])
    page.locator("[data-artify=file]").set_input_files(PHOTO)
    expect(page.locator("[data-artify=error]")).to_be_visible()
    assert list(setup.objects()) == []


def _allow(bucket: str, **changed: list[str]) -> None:
    """The rule of template.yaml with something changed."""
    rules = {"CORSRules": [servers.bucket_cors() | changed]}
    servers.client("s3", servers.seaweedfs()).put_bucket_cors(Bucket=bucket, CORSConfiguration=rules)


def _storage(setup: SetUp) -> str:
    """Where photos go: to S3 itself, or to the app, which stands before its folder or R2."""
    return servers.seaweedfs() if isinstance(setup, OnPostgres) else setup.url


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
