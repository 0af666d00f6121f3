"""The app on generated rows, seen from one of its shops: what a use case needs to prepare itself and to run."""

from __future__ import annotations

import io
import itertools
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing, contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import asyncpg
import httpx
from starlette.applications import Starlette
from starlette.routing import Match
from starlette.types import ASGIApp, Receive, Scope, Send

from app.adapters.database import postgres, sqlite_dialect
from app.adapters.imaging.upscaler_resample import Resample
from app.adapters.mail.folder import FolderMailer
from app.core.app import App
from app.core.log import Log
from app.core.settings import Settings
from app.core.times import from_text
from app.wiring import build, close, sqlite_path
from bench.scale.recorder import Recorder
from bench.scale.settings import environ
from handlers.http import limits
from handlers.routes import ROUTES, create
from tests.apps import PHOTO
from tests.fakes.ports import NotingShopify, PlainImages, PlainImaging, SetClock
from tests.integration.merchant import Merchant
from tests.integration.storefront import Storefront

MUCH = 10**12
_numbers = itertools.count(1)


@dataclass
class Site:
    """One shop, with its database. What is read or changed directly is neither recorded nor timed."""

    app: App
    routes: Starlette
    http: httpx.AsyncClient
    recorder: Recorder
    shopify: NotingShopify
    used_routes: set[str]
    used_kinds: set[str]
    """Kinds of job that were run."""
    shop: str

    @property
    def now(self) -> datetime:
        return self.app.clock.now()

    def of_shop(self, shop: str) -> Site:
        return replace(self, shop=shop)

    def merchant(self) -> Merchant:
        return Merchant(self.http, self.shop)

    def customer(self, customer_id: str | None = None) -> Storefront:
        """The storefront as a customer sees it, who is a new one unless named."""
        return Storefront(self.http, self.shop, customer_id or f"77{next(_numbers):08d}")

    async def rows(self, sql: str, *values: Any) -> list[dict[str, Any]]:
        """The rows of a statement, whose values stand at `?`."""
        return await _rows(self.app.settings.database_url, sql, values)

    async def one(self, sql: str, *values: Any) -> dict[str, Any]:
        """The first row. Raises LookupError if there is none."""
        for row in await self.rows(sql, *values):
            return row
        raise LookupError(f"the generated rows have none for: {sql} {values}")

    async def stuck_line(self, state: str) -> dict[str, Any]:
        """A line without a print, taken back to this state, because earlier runs may have brought it on."""
        line = await self.one(
            "SELECT id, shopify_variant_id FROM order_items WHERE shop_id = ? AND print_asset_id IS NULL LIMIT 1",
            self.shop,
        )
        await self.rows("UPDATE order_items SET state = ?, approved_at = NULL WHERE id = ?", state, line["id"])
        if state == "unmapped":
            await self.rows("UPDATE order_items SET size_id = NULL WHERE id = ?", line["id"])
        return line

    async def newest_job(self, kind: str) -> str:
        """The id of the newest open job of a kind in this shop."""
        found = await self.one(
            "SELECT id FROM jobs WHERE shop_id = ? AND kind = ? AND status = 'pending' ORDER BY id DESC LIMIT 1",
            *(self.shop, kind),
        )
        return str(found["id"])


def expect(answer: httpx.Response, status: int) -> httpx.Response:
    """Return the answer. Raises RuntimeError if its status is another, because its time would mean nothing."""
    if answer.status_code != status:
        raise RuntimeError(f"{answer.request.url.path}: {answer.status_code} {answer.text[:300]}")
    return answer


@asynccontextmanager
async def opened(database_url: str, folder: Path) -> AsyncIterator[Site]:
    """The app on a filled database, as its largest shop sees it. Its clock stands at the time of the newest rows."""
    [last] = await _rows(database_url, "SELECT max(begun_at) AS at FROM sweeps", ())
    clock, shopify = SetClock(from_text(last["at"])), NotingShopify()
    app = build(Settings.load(environ(database_url, folder)), clock=clock, log=Log(io.StringIO()))
    is_sqlite = database_url.startswith("sqlite")
    recorder = Recorder(app.db, sqlite_dialect.DIALECT if is_sqlite else postgres.DIALECT)
    parts: dict[str, Any] = {"image_model": PlainImages(), "imaging": PlainImaging(), "upscaler": Resample()}
    parts["mailer"] = FolderMailer(folder / "mail", "artify@example.com", clock)
    measured = replace(app, db=recorder, shopify=shopify, **parts)
    routes, used = create(measured), set[str]()
    transport = httpx.ASGITransport(_Noting(routes, used))
    with _without_rate_limits():
        async with httpx.AsyncClient(transport=transport, base_url=app.settings.app_url) as http:
            largest = "shop-00000.myshopify.com"
            yield Site(measured, routes, http, recorder, shopify, used, set(), largest)
    await close(app)


async def send_photo(storefront: Storefront, site: Site) -> str:
    """The id of a new upload that has arrived."""
    wish = {"filename": "photo.png", "content_type": "image/png", "bytes": len(PHOTO)}
    ticket = expect(await storefront.post("uploads", wish), 201).json()
    asset = await site.one("SELECT key, mime FROM assets WHERE id = ?", ticket["upload_id"])
    await site.app.files.put(asset["key"], PHOTO, asset["mime"])
    return str(ticket["upload_id"])


async def wish_of(storefront: Storefront, site: Site) -> dict[str, Any]:
    """The body of a preview request for one of the shop's products."""
    offered = await site.one(
        "SELECT p.shopify_product_id AS product, z.shopify_variant_id AS variant, s.ai_style_id AS style "
        "FROM products p JOIN sizes z ON z.product_id = p.id JOIN product_styles s ON s.product_id = p.id "
        "WHERE p.shop_id = ? AND p.is_enabled = 1 LIMIT 1",
        site.shop,
    )
    return {
        "product_id": offered["product"],
        "variant_id": offered["variant"],
        "style_id": offered["style"],
        "upload_id": await send_photo(storefront, site),
    }


@dataclass
class _Noting:
    """The routes, and the names of those that were asked."""

    app: ASGIApp
    used: set[str]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.used |= {str(route.name) for route in ROUTES if route.matches(scope)[0] is Match.FULL}
        await self.app(scope, receive, send)


@contextmanager
def _without_rate_limits() -> Iterator[None]:
    """Count against limits as always, but never reach one: requests are repeated within one minute of the clock."""
    before = dict(limits.LIMITS)
    for name, limit in before.items():
        reached: dict[str, Any] = {by: MUCH for by in ("visitor", "address", "shop", "everyone") if getattr(limit, by)}
        limits.LIMITS[name] = replace(limit, **reached)
    try:
        yield
    finally:
        limits.LIMITS.update(before)


async def _rows(database_url: str, sql: str, values: Any) -> list[dict[str, Any]]:
    if database_url.startswith("sqlite"):
        with closing(sqlite3.connect(sqlite_path(database_url), isolation_level=None)) as handle:
            handle.row_factory = sqlite3.Row
            return [dict(row) for row in handle.execute(sql, values).fetchall()]
    number = itertools.count(1)
    numbered = "".join(part if part != "?" else f"${next(number)}" for part in sql)
    connection = await asyncpg.connect(database_url, statement_cache_size=0)
    try:
        return [dict(row) for row in await connection.fetch(numbered, *values)]
    finally:
        await connection.close()
