"""A shop in which each kind can be asked for, and what a test sees and moves in it."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import func, select
from starlette.applications import Starlette

from app import jobs
from app.core.app import App
from app.core.errors import Unavailable
from app.core.ids import new_token
from app.core.log import Log
from app.core.pictures import ImageAnswer, ImageRequest, ModelUsage
from app.core.ports.clock import Clock
from app.core.ports.database import Database, Result, Row
from app.core.ports.shopify import AdminVisit, ShopifyAuth, SignedRequest
from app.core.tables import metadata
from app.media.tables import assets
from app.quotas.tables import quotas
from devstore.config import Config
from handlers.routes import create
from tests.apps import OTHER_SHOP, SHOP, clock_of, close, make_app, open_shop
from tests.integration.merchant import Merchant
from tests.integration.storefront import Storefront
from tests.lifecycle.kinds import ASKED, JOB_KINDS, Asking, Bodies, new_photo
from tests.sketches import banners
from tests.sketches import capability as sketches
from tests.sketches.installed import installed


@dataclass
class Painter:
    """An image model. `before` runs while it is asked, and what that raises is the model's fault. `most` is how many
    pictures it gives."""

    before: Callable[[], Awaitable[None]] | None = None
    most: int = 9
    service: str = "tests"
    name: str = "painter"
    asked: list[ImageRequest] = field(default_factory=list)

    async def render(self, request: ImageRequest) -> ImageAnswer:
        self.asked.append(request)
        if self.before:
            await self.before()
        return ImageAnswer((b"painted",) * min(request.count, self.most), self.name, ModelUsage(1_000, 3, 5))


@dataclass
class Watched:
    """A database that keeps what it was asked, call by call, and loses the answer of one batch when told to."""

    inner: Database
    calls: list[Sequence[Any]] = field(default_factory=list)
    batches: int = 0
    lost: int | None = None
    """Which batch from now on, counted from 0, is done and never answered."""

    async def one(self, statement: Any) -> Row | None:
        self.calls.append([statement])
        return await self.inner.one(statement)

    async def all(self, statement: Any) -> Sequence[Row]:
        self.calls.append([statement])
        return await self.inner.all(statement)

    async def batch(self, *statements: Any) -> Sequence[Result]:
        self.calls.append(statements)
        done = await self.inner.batch(*statements)
        self.batches += 1
        if self.lost is not None and self.batches == self.lost + 1:
            raise LostAnswer
        return done

    def lose(self, batch: int | None) -> None:
        self.batches, self.lost = 0, batch


@dataclass
class VisitsByTheClock:
    """Shopify's authentication, except that the visits of merchants are at the time of the app's clock.

    ID tokens are checked against the real time, which a test cannot move.
    """

    inner: ShopifyAuth
    clock: Clock

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)

    def verify_admin(self, request: SignedRequest) -> AdminVisit:
        return replace(self.inner.verify_admin(request), issued_at=self.clock.now())


class LostAnswer(Unavailable):
    """The database did what it was asked, and the connection broke before it could say so."""


class Admin(Merchant):
    """A merchant's browser, used like a Storefront."""

    async def get(self, path: str, **query: str) -> httpx.Response:
        return await self.http.get(f"/{path}", params=query, headers=self._bearer())

    async def post(self, path: str, body: Any) -> httpx.Response:
        return await self.http.post(f"/{path}", json=body, headers=self._bearer())


Browser = Storefront | Admin


def only(wanted: Callable[[Asking], bool]) -> pytest.MarkDecorator:
    """Run a test once for each of these kinds."""
    return pytest.mark.parametrize(
        "asking", [*filter(wanted, ASKED)], indirect=True, ids=lambda asking: asking.kind.name
    )


of_shoppers = only(lambda asking: not asking.by_merchants)


@dataclass
class Studio:
    """The real app on one kind of generation. Guests have tokens of their own making, so they can repeat a request."""

    asking: Asking
    app: App
    db: Watched
    painter: Painter
    routes: Starlette
    http: httpx.AsyncClient
    log: io.StringIO
    bodies: Bodies

    def guest(self, shop: str = SHOP) -> Storefront:
        browser = Storefront(self.http, shop)
        browser.guest_token = f"own-{new_token().encode().hex():0<64.64}"
        return browser

    def requester(self, shop: str = SHOP) -> Browser:
        """The browser of somebody who may request this kind: a new guest, or the shop's merchant."""
        return Admin(self.http, shop) if self.asking.by_merchants else self.guest(shop)

    def customer(self, number: str, shop: str = SHOP) -> Storefront:
        return Storefront(self.http, shop, number)

    async def post(self, browser: Browser, body: int = 0, **changes: Any) -> httpx.Response:
        """Send one of the two bodies."""
        return await browser.post(self.asking.path, self.bodies[body] | changes)

    async def ask(self, browser: Browser, body: int = 0, **changes: Any) -> dict[str, Any]:
        """A request that is accepted, as its answer."""
        answer = await self.post(browser, body, **changes)
        assert answer.status_code == 202, answer.text
        return dict(answer.json())

    async def made(self, browser: Browser, body: int = 0, **changes: Any) -> dict[str, Any]:
        """A request, and its generation, completed."""
        asked = await self.ask(browser, body, **changes)
        await self.run()
        assert (await self.state(asked))["status"] == "completed"
        return asked

    async def state(self, asked: dict[str, Any]) -> dict[str, Any]:
        answer = await self.look(self.requester(), asked)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    async def look(self, browser: Browser, asked: dict[str, Any]) -> httpx.Response:
        query = {} if self.asking.by_merchants else {"view_token": asked["view_token"]}
        return await browser.get(f"{self.asking.path}/{asked['id']}", **query)

    async def newest(self, browser: Browser, **query: str) -> list[str]:
        """The ids of a page of one's own generations."""
        path = self.asking.path
        listed = browser.get(path, **query) if isinstance(browser, Admin) else browser.post(f"{path}/list", query)
        answer = await listed
        assert answer.status_code == 200, answer.text
        return [each["id"] for each in answer.json()["generations"]]

    async def cancel(self, browser: Browser, asked: dict[str, Any]) -> httpx.Response:
        return await browser.post(f"{self.asking.path}/{asked['id']}/cancel", {})

    async def photo(self) -> str:
        """Another photo than that of the bodies: one that is used belongs to its first user."""
        return await new_photo(self.app)

    async def run(self) -> int:
        """Run the jobs that are due."""
        return await jobs.run_due(self.app, JOB_KINDS)

    async def run_all(self) -> None:
        """Run jobs and their retries until none is open."""
        for _ in range(12):
            await self.run()
            clock_of(self.app).move(minutes=15)
        open_ones = await jobs.jobs_by_status(self.app.db, ["pending", "running"], 99)
        assert [job.kind for job in open_ones if job.kind == self.asking.kind.name] == []

    async def rows(self, table: str | None = None) -> list[Row]:
        """The rows of a table, as a rule the kind's own."""
        source = metadata.tables[table or self.asking.kind.table.name]
        return list(await self.app.db.all(select(source)))

    async def row(self, asked: dict[str, Any]) -> Row | None:
        return next((row for row in await self.rows() if row["id"] == asked["id"]), None)

    async def charged(self) -> tuple[int, int]:
        """Units that count in this month, and slots that jobs hold."""
        [row] = await self.app.db.all(select(quotas).where(quotas.c.shop_id == SHOP))
        return row["current_generations"], row["running"] + row["merchant_running"]

    async def stored(self) -> tuple[int, int]:
        """Bytes that count as the shop's, and bytes of its files' rows: the same at any time."""
        there = select(func.coalesce(func.sum(assets.c.bytes), 0).label("bytes"))
        [rows] = await self.app.db.all(there.where(assets.c.shop_id == SHOP, assets.c.deleted_at.is_(None)))
        [row] = await self.app.db.all(select(quotas).where(quotas.c.shop_id == SHOP))
        return row["current_storage_bytes"], rows["bytes"]

    async def mentions(self, *words: str) -> set[str]:
        """The tables of which a row contains one of these words, and the objects whose key does."""
        found = {
            table.name
            for table in metadata.sorted_tables
            for row in await self.app.db.all(select(table))
            if any(word in str(value) for word in words for value in row.values())
        }
        return found | {each.key for each in await self.app.files.list("") if any(word in each.key for word in words)}

    async def files(self) -> list[str]:
        """Keys of the objects that generations of this kind made."""
        return [each.key for each in await self.app.files.list(f"{SHOP}/{self.asking.kind.folder}/")]


@asynccontextmanager
async def opened(folder: Path, asking: Asking) -> AsyncIterator[Studio]:
    log, painter = io.StringIO(), Painter()
    settings = {"SHOPIFY_API_KEY": Config.api_key, "SHOPIFY_API_SECRET": Config.api_secret}
    made = make_app(folder, settings, image_model=painter, log=Log(log))
    async with installed(made) as app:
        for shop in (SHOP, OTHER_SHOP):
            await open_shop(app, shop)
        db = Watched(app.db)
        bodies = await asking.bodies(app)
        watched = replace(app, db=db, shopify_auth=VisitsByTheClock(app.shopify_auth, app.clock))  # type: ignore[arg-type]
        routes = create(watched)
        routes.router.routes.extend([*sketches.ROUTES, *banners.ROUTES])
        transport = httpx.ASGITransport(routes, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000") as http:
            yield Studio(asking, watched, db, painter, routes, http, log, bodies)
    await close(made)
