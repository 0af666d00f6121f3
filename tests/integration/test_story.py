"""The thin way over real sockets: install, preview, cart, payment, print, with the real models and job loops."""

from __future__ import annotations

import html
import io
import re
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest
import uvicorn
from PIL import Image
from starlette.types import ASGIApp

from app import shops
from app.adapters.models.local import LocalImages
from app.core.app import App
from app.core.log import Log
from app.core.settings import Settings
from app.wiring import build, migrate
from devstore.config import Config
from devstore.server import create_devstore
from handlers.demo import shop as demo_shop
from handlers.server import Server
from tests import apps
from tests.devstore.conftest import serving
from tests.integration.servers import SHOP
from tests.pictures import phone_jpeg

PATIENCE_S = 300  # on cores that others keep busy


@dataclass
class Browser:
    """One person's browser in the shop and in its admin."""

    http: httpx.Client
    shop: str

    def page(self, path: str) -> str:
        answer = self.http.get(f"{self.shop}/{path}")
        assert answer.status_code == 200, answer.text
        return answer.text

    def ask(self, path: str, **body: Any) -> Any:
        """What the block does: through the shop's own proxy, which signs."""
        url = f"{self.shop}/apps/artify/{path}"
        answer = self.http.post(url, json=body) if body else self.http.get(url)
        assert answer.is_success, answer.text
        return answer.json()


@pytest.fixture
def browser_of_the_demo(tmp_path: Path) -> Iterator[Browser]:
    """The app and a simulated Shopify as `make demo` serves them, with the demo's products."""
    if not LocalImages.available():
        pytest.skip("the extra local-ai is not installed: the whole way is not tried with the embedded image model")
    with socket.create_server(("127.0.0.1", 0)) as listener:
        app_url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        config = Config(app_url=app_url, retry_delays=(0.2, 0.5, 1, 2))
        with serving(create_devstore(config)) as shop_url:
            settings = apps.environ(tmp_path) | {
                "APP_URL": app_url,
                "SHOPIFY_API_KEY": config.api_key,
                "SHOPIFY_API_SECRET": config.api_secret,
                "SHOPIFY_BASE_URL": shop_url,
            }
            app = build(Settings.load(settings), log=Log(io.StringIO()))
            anyio.run(_fill, app)
            with served(Server(app), listener), httpx.Client(timeout=30, trust_env=False) as http:
                yield Browser(http, f"{shop_url}/{SHOP}")


async def _fill(app: App) -> None:
    migrate(app.settings.database_url)
    await shops.expect_install(app, SHOP)
    await demo_shop.seed(app, examples=False)


@contextmanager
def served(app: ASGIApp, listener: socket.socket) -> Iterator[None]:
    server = uvicorn.Server(uvicorn.Config(app, log_level="critical", ws="none", lifespan="on"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        yield
    finally:
        server.should_exit = True
        thread.join()


def test_a_photo_becomes_a_paid_print_over_real_sockets(browser_of_the_demo: Browser) -> None:
    browser = browser_of_the_demo
    assert browser.http.post(f"{browser.shop}/admin/install").status_code == 303
    home = frame(browser, "admin/apps/artify")
    assert "Artify is installed in Artify Demo." in home
    assert "artify-personalizer" in browser.page("products/photo-mug")

    preview = make_preview(browser, "Pencil sketch")
    picture = Image.open(io.BytesIO(browser.http.get(preview["preview_url"]).content))
    assert (picture.format, max(picture.size)) == ("WEBP", 1024)

    item = {"id": 7800000000021, "quantity": 1, "properties": {"_artify_preview": preview["id"]}}
    assert browser.http.post(f"{browser.shop}/cart/add.js", json={"items": [item]}).status_code == 200
    paid = browser.http.post(f"{browser.shop}/checkout", data={"name": "Ada S", "email": "ada@shopper.example"})
    assert paid.status_code == 303

    orders = eventually(lambda: frame(browser, "admin/apps/artify/orders"), lambda page: "Download print file" in page)
    [link] = re.findall(r'href="([^"]+)" download', orders)
    printed = Image.open(io.BytesIO(browser.http.get(html.unescape(link)).content))
    assert (printed.format, printed.size, printed.mode) == ("JPEG", (2475, 1155), "RGB")
    assert printed.info["dpi"] == (300, 300)
    assert printed.info["icc_profile"]
    eventually(lambda: browser.page("admin/orders"), lambda page: "artify-print-ready" in page)


def make_preview(browser: Browser, style: str) -> dict[str, Any]:
    """Upload a phone's photo, ask for a style, and wait for the picture."""
    photo = phone_jpeg()
    offer = browser.ask("products/7700000000002")
    ticket = browser.ask("uploads", filename=photo.filename, content_type=photo.mime, bytes=len(photo.data))
    sent = browser.http.request(ticket["method"], ticket["url"], headers=ticket["headers"], content=photo.data)
    assert sent.status_code == 200
    chosen = next(each["id"] for each in offer["styles"] if each["name"] == style)
    wish = {"upload_id": ticket["upload_id"], "product_id": 7700000000002, "style_id": chosen}
    asked = browser.ask("previews", **wish, variant_id=7800000000021, idempotency_key="once")
    path = f"previews/{asked['id']}?view_token={asked['view_token']}"
    state = eventually(lambda: browser.ask(path), lambda state: state["status"] not in ("pending", "processing"))
    assert state["status"] == "completed", state
    return dict(state)


def frame(browser: Browser, path: str) -> str:
    """What the admin's frame shows: the app's page, asked for as the admin signs it."""
    source = re.search(r'<iframe[^>]*src="([^"]+)"', browser.page(path))
    assert source
    answer = browser.http.get(html.unescape(source[1]), headers={"Accept": "text/html"})
    assert answer.status_code == 200, answer.text
    return answer.text


def eventually(look: Callable[[], Any], good: Callable[[Any], bool]) -> Any:
    """What a look gives once it is good."""
    deadline = time.monotonic() + PATIENCE_S
    while not good(seen := look()):
        assert time.monotonic() < deadline, seen
        time.sleep(0.2)
    return seen
