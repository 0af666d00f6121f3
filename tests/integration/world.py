"""One shop with Artify in it, for one test: the real app, and what a test needs to see and to move."""

from __future__ import annotations

import asyncio
import functools
import io
import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
from PIL import Image
from starlette.applications import Starlette

from app import shops
from app.adapters.imaging.upscaler_resample import Resample
from app.adapters.shopify import Admin
from app.core.app import App
from app.core.log import Log
from app.core.ports.imaging import Imaging
from app.core.ports.shopify import AdminVisit
from app.wiring import print_engine
from devstore.signatures import id_token
from handlers import jobs as runner
from handlers.demo import shop as demo_shop
from handlers.routes import create
from tests import postgres
from tests.apps import ON_POSTGRES, close, make_app, stock
from tests.fakes.ports import SetClock
from tests.integration.merchant import Merchant
from tests.integration.painter import Painter
from tests.integration.servers import OTHER_SHOP, SHOP, Front, Shopify
from tests.integration.storefront import Storefront


@dataclass
class World:
    """Requests go straight into the ASGI application; Shopify's own come over HTTP."""

    app: App
    routes: Starlette
    clock: SetClock
    painter: Painter
    http: httpx.AsyncClient
    shopify: Shopify
    log: io.StringIO
    folder: Path
    may_crash: bool = False

    @classmethod
    def open(cls, folder: Path, front: Front, shopify: Shopify, **environ: str) -> World:
        """The app on this folder, with the quick painter and plain resampling. `environ` changes its settings.

        Its clock starts now, because the tokens of the simulated Shopify live in real time.
        """
        clock, painter, log = SetClock(datetime.now(UTC)), Painter(), io.StringIO()
        settings = settings_for(front, shopify) | environ
        admin = Admin("2026-10", base_url=settings["SHOPIFY_BASE_URL"], sleep=_at_once)
        parts = {"image_model": painter, "imaging": _imaging(), "upscaler": Resample(), "shopify": admin}
        app = make_app(folder, settings, clock=clock, log=Log(log), **parts)
        front.app = routes = create(app)
        transport = httpx.ASGITransport(routes, raise_app_exceptions=False)
        http = httpx.AsyncClient(transport=transport, base_url=front.url)
        return cls(app, routes, clock, painter, http, shopify, log, folder)

    async def close(self) -> None:
        await self.http.aclose()
        await close(self.app)

    def storefront(self, shop: str = SHOP, customer: str = "") -> Storefront:
        return Storefront(self.http, shop, customer)

    def merchant(self, shop: str = SHOP) -> Merchant:
        return Merchant(self.http, shop)

    async def run_jobs(self) -> int:
        """Run what is due; how many ran."""
        return await runner.run_due(self.app)

    async def run_all_jobs(self) -> None:
        """Run jobs, and wait for their retries on the settable clock, until none is open."""
        for _ in range(20):
            await self.run_jobs()
            if not self.rows("SELECT id FROM jobs WHERE status IN ('pending', 'running')"):
                return
            self.clock.move(hours=1)
        raise AssertionError(f"jobs stay open: {self.rows('SELECT kind, status, last_error FROM jobs')}")

    async def design(self, storefront: Storefront | None = None, **wish: Any) -> dict[str, Any]:
        """A preview that is done."""
        storefront = storefront or self.storefront()
        preview = await storefront.asked(**wish)
        await self.run_jobs()
        state = await storefront.look(preview)
        assert state["status"] == "completed", state
        return preview | state

    async def picture(self, url: str) -> Image.Image:
        answer = await self.http.get(url)
        assert answer.status_code == 200, answer.text
        return Image.open(io.BytesIO(answer.content))

    async def stored(self, purpose: str) -> Image.Image:
        """The only stored picture of a purpose: master, preview, print."""
        [asset] = self.rows("SELECT key FROM assets WHERE purpose = ?", purpose)
        return Image.open(io.BytesIO(await self.app.files.get(asset["key"])))

    @property
    def database(self) -> Path:
        return self.folder / "artify.db"

    @property
    def files(self) -> Path:
        return self.folder / "files"

    def rows(self, sql: str, *values: Any) -> list[dict[str, Any]]:
        """What lies in the database, read by a connection of the tests' own."""
        if ON_POSTGRES:
            return postgres.rows(self.app.settings.database_url, sql, *values)
        handle = sqlite3.connect(self.database)
        handle.row_factory = sqlite3.Row
        try:
            return [dict(row) for row in handle.execute(sql, values)]
        finally:
            handle.close()

    def change(self, sql: str, *values: Any) -> None:
        if ON_POSTGRES:
            postgres.rows(self.app.settings.database_url, sql, *values)
            return
        handle = sqlite3.connect(self.database)
        try:
            with handle:
                handle.execute(sql, values)
        finally:
            handle.close()

    def quota(self, shop: str = SHOP) -> dict[str, Any]:
        rows = self.rows("SELECT * FROM quotas WHERE shop_id = ?", shop)
        return rows[0] if rows else {"current_generations": 0, "running": 0}

    def logged(self, event: str) -> list[dict[str, Any]]:
        lines = [json.loads(line) for line in self.log.getvalue().splitlines()]
        return [line for line in lines if line["event"] == event]


async def fill(world: World) -> None:
    """Two shops, installed, with products, styles and a watermark."""
    config = world.shopify.config
    for shop in (SHOP, OTHER_SHOP):
        visit = AdminVisit(shop, "1", id_token(shop, config.api_key, config.api_secret), {})
        token = await world.app.shopify_auth.exchange(visit)
        await shops.record_install(world.app, token, await world.app.shopify.shop_details(token))
    await demo_shop.seed(world.app, examples=False)
    await stock(world.app, OTHER_SHOP)
    await world.run_jobs()


def settings_for(front: Front, shopify: Shopify) -> dict[str, str]:
    """The settings of an app that this Shopify knows."""
    return {
        "APP_URL": front.url,
        "SHOPIFY_API_KEY": shopify.config.api_key,
        "SHOPIFY_API_SECRET": shopify.config.api_secret,
        "SHOPIFY_BASE_URL": shopify.url,
    }


@contextmanager
def without_storage(world: World) -> Iterator[None]:
    """The storage's folder is away, and something else is in its place: even root can neither read nor write."""
    aside = world.folder / "aside"
    world.files.mkdir(exist_ok=True)
    world.files.rename(aside)
    world.files.write_text("not a folder")
    yield
    world.files.unlink()
    aside.rename(world.files)


async def until(condition: Callable[[], bool], seconds: float = 20) -> None:
    """Wait for something that other tasks bring about."""
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110  # it may be a row, which sets no event
            await asyncio.sleep(0.01)


@functools.cache
def _imaging() -> Imaging:
    """One for all worlds: a decoder takes longer to start than a photo takes."""
    return print_engine()[0]


async def _at_once(seconds: float) -> None:
    """The Admin API's waits between its tries, not waited for."""
