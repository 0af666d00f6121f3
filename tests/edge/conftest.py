"""The shipped worker in workerd, for all tests of this folder, with a simulated Shopify and a fake Gemini beside it."""

from __future__ import annotations

import asyncio
import base64
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import delete

from app import personalization, shops
from app.core.ports.shopify import ProxyVisit
from app.core.signed_links import MediaLink
from app.personalization import PreviewRequest
from app.personalization.tables import watermarks
from app.wiring import print_engine
from devstore.config import Config
from devstore.server import create_devstore
from handlers.demo import shop as demo_shop
from handlers.jobs import run_due
from tests import apps
from tests.devstore.conftest import serving
from tests.edge import workerd
from tests.fakes.gemini import KEY as GEMINI_KEY
from tests.fakes.gemini import FakeGemini
from tests.fakes.ports import SetClock
from tests.integration.painter import Painter
from tests.integration.print_worker import KEY_TEXT
from tests.integration.servers import OTHER_SHOP, RETRY_DELAYS, SHOP, Shopify
from tests.integration.storefront import MUG, MUG_VARIANT
from tests.pictures import good
from tests.ports import free_port
from tests.setups import worker
from tests.sources import ROOT

FROM_MACHINES = ("DATABASE_URL", "FILES_URL", "SHOPIFY_API_KEY", "SHOPIFY_API_SECRET")
FAULTS = ("Uncaught", "_crashed")
"""What the log of a worker that is well does not hold: a queue hides its faults by trying again."""
LOST_WAKE_UP = f"""
INSERT INTO jobs (id, shop_id, kind, subject_id, dedupe_key, run_at, created_at, updated_at)
VALUES ('lost', '{OTHER_SHOP}', 'shops.uninstall', 'nothing', 'lost', '2026-01-01T00:00:00.000Z', '', '');
"""
"""A job that no message names, for a webhook that is not there."""


@dataclass
class Edge:
    """The worker's address, its database (as local D1 keeps it), and the Shopify that it talks to."""

    url: str
    state: Path
    shopify: Shopify
    link_key: bytes

    def rows(self, sql: str, *values: Any) -> list[dict[str, Any]]:
        [path] = [path for path in self.state.glob("v3/d1/**/*.sqlite") if path.name != "metadata.sqlite"]
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as handle:
            handle.row_factory = sqlite3.Row
            return [dict(row) for row in handle.execute(sql, values)]

    async def settled(self, sql: str, *values: Any) -> list[dict[str, Any]]:
        """The rows, once there are some: the queue works while we look."""
        for _ in range(300):
            if rows := self.rows(sql, *values):
                return rows
            await asyncio.sleep(0.1)
        raise AssertionError(f"{sql}: nothing; {self.rows('SELECT kind, status, last_error FROM jobs')}")

    def signed(self, link: MediaLink) -> str:
        return link.url(self.url, self.link_key)


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="package")
def edge(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Edge]:
    """The worker of the set-ups, with the demo's products and no watermark. Skips where no worker can run."""
    with worker.opened(tmp_path_factory.mktemp("edge")) as setup:
        setup.execute("DELETE FROM watermarks")
        setup.shopify.install(SHOP)
        yield Edge(setup.url, setup.state, setup.shopify, base64.b64decode(setup.environ["LINK_KEY"]))
        _check_log(setup.log())


@pytest.fixture(scope="package")
def delegating(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Edge]:
    """The app with a JOBS_KEY, two designs that were made before it moved here, and wrangler's own Images service."""
    workerd.needed()
    folder = tmp_path_factory.mktemp("print-worker")
    asyncio.run(_designed(folder))
    with deployed(folder, rows_of(folder), images=False, JOBS_KEY=KEY_TEXT) as edge:
        with httpx.Client(base_url=edge.url, timeout=60, trust_env=False) as http:
            for asset in edge.rows("SELECT key, mime, bytes FROM assets WHERE purpose IN ('master', 'preview')"):
                ends = datetime.now(UTC) + timedelta(minutes=5)
                link = MediaLink("PUT", asset["key"], ends, asset["mime"], asset["bytes"])
                data = (folder / "files" / asset["key"]).read_bytes()
                assert http.put(edge.signed(link), content=data, headers={"Content-Type": asset["mime"]}).is_success
        yield edge


@contextmanager
def deployed(
    folder: Path, rows: str, *, project: Path = ROOT, first: str = "/healthz", images: bool = True, **changes: str
) -> Iterator[Edge]:
    """The project's worker with these rows in its database; `changes` are settings. At its end its log holds no fault.

    `first` is the path of its first request. Without `images` it has what `wrangler dev` makes of the Images binding.
    """
    port = free_port()
    config = Config(app_url=f"http://127.0.0.1:{port}", retry_delays=RETRY_DELAYS)
    devstore = create_devstore(config, shops=[SHOP, OTHER_SHOP])
    with serving(devstore) as shop_url, FakeGemini().serving() as gemini, httpx.Client(base_url=shop_url) as http:
        shopify = Shopify(shop_url, config, devstore.state.store, http)
        settings = {name: value for name, value in apps.environ(folder).items() if name not in FROM_MACHINES} | {
            "AI_PROVIDER": "gemini",
            "APP_URL": config.app_url,
            "GEMINI_API_KEY": GEMINI_KEY,
            "GEMINI_BASE_URL": gemini,
            "SHOPIFY_API_KEY": config.api_key,
            "SHOPIFY_API_SECRET": config.api_secret,
            "SHOPIFY_BASE_URL": shop_url,
        }
        with workerd.serving(
            project,
            folder / "state",
            settings | changes,
            port=port,
            rows=rows + LOST_WAKE_UP,
            images=images,
            first=first,
        ) as url:
            shopify.install(SHOP)
            yield Edge(url, folder / "state", shopify, b"l" * 32)
            _check_log((folder / "state" / "workerd.log").read_text())


def _check_log(log: str) -> None:
    assert not [line for line in log.splitlines() if any(word in line for word in FAULTS)]


@pytest.fixture
async def http(edge: Edge) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=edge.url, timeout=60, trust_env=False) as http:
        yield http


async def _designed(folder: Path) -> None:
    """Two mugs with designs on them, on a machine."""
    app = apps.make_app(folder, image_model=Painter(), imaging=print_engine()[0], clock=SetClock(datetime.now(UTC)))
    shop = await apps.open_shop(app, SHOP)
    await demo_shop.seed(app, examples=False)
    guest = await shops.visitor(app, ProxyVisit(SHOP, None), None)
    mug = await personalization.offer(app, SHOP, MUG)
    for style in mug.styles[:2]:
        photo = await apps.send_photo(app, shop, good("jpeg").data)
        await personalization.request_preview(app, guest, PreviewRequest(photo, MUG, style.id, MUG_VARIANT))
    await run_due(app)
    await apps.close(app)


async def offers(folder: Path) -> str:
    """The demo's products as SQL: what a shop has before its merchant's first visit, and no watermark of its own."""
    app = apps.make_app(folder)
    await shops.expect_install(app, SHOP)
    await demo_shop.seed(app, examples=False)
    await app.db.batch(delete(watermarks))
    await apps.close(app)
    return rows_of(folder)


def rows_of(folder: Path) -> str:
    """All that lies in the folder's database, as SQL."""
    with closing(sqlite3.connect(folder / "artify.db")) as handle:
        lines = [line for line in handle.iterdump() if line.startswith("INSERT") and '"schema_migrations"' not in line]
    return "PRAGMA defer_foreign_keys = true;\n" + "\n".join(lines) + "\n"
