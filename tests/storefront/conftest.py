"""Servers on ephemeral ports, and a phone, for the block's tests."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

import pytest
import uvicorn
from playwright.sync_api import Browser, BrowserContext, Page
from starlette.applications import Starlette

from tests.storefront.fake import Shop


@contextmanager
def served(app: Starlette) -> Iterator[str]:
    """The app's address while it is served over real HTTP."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        # It listens already: requests made before the server runs wait in the kernel's queue.
        config = uvicorn.Config(app, log_level="warning", ws="none", lifespan="off", timeout_graceful_shutdown=1)
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()


@pytest.fixture
def servers() -> Iterator[ExitStack]:
    """What serves until the browser has closed its connections."""
    with ExitStack() as running:
        yield running


@pytest.fixture
def context(browser: Browser, servers: ExitStack) -> Iterator[BrowserContext]:
    phone = browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True, reduced_motion="reduce")
    phone.set_default_timeout(10_000)
    yield phone
    phone.close()


@pytest.fixture
def shop(servers: ExitStack) -> Shop:
    """A scripted shop; change it before `visit`."""
    shop = Shop()
    shop.storage = servers.enter_context(served(shop.bucket))
    return shop


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    """A page whose scripts must not fail."""
    faults: list[str] = []
    page = context.new_page()
    page.on("pageerror", lambda fault: faults.append(str(fault)))
    yield page
    assert faults == []


@pytest.fixture
def visit(shop: Shop, page: Page, servers: ExitStack) -> Callable[[], Page]:
    """Open the product page of the shop as the test has made it."""

    def open_page() -> Page:
        address = servers.enter_context(served(shop.pages))
        page.goto(f"{address}{shop.root}products/poster")
        return page

    return open_page
