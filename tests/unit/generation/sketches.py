"""A small kind of generation of the tests' own: a sketch of a prompt, in as many copies as are wanted."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sqlalchemy import MetaData, Table, UniqueConstraint, select
from sqlalchemy import text as raw
from sqlalchemy.dialects import sqlite
from sqlalchemy.schema import CreateTable

from app import generation, jobs, quotas
from app.adapters.database import postgres_schema
from app.core.app import App
from app.core.ids import new_id
from app.core.pictures import ImageAnswer, ImageRequest, ModelUsage, Picture
from app.core.ports.database import Row
from app.core.tables import key, number, stamps, text
from app.generation import Kind, MonthlyQuota, Output, Run, lifecycle_columns
from app.generation.tables import api_usage, api_usage_daily
from app.jobs import Job
from app.quotas import Lane
from app.quotas.tables import quotas as quotas_table
from tests.apps import ON_POSTGRES, SHOP, open_shop

SENTENCE = "The month is used up."
PRICE = 1_000
sketches = Table(
    "sketches",
    MetaData(),
    key(),
    text("shop_id"),
    text("prompt"),
    number("wanted", 1),
    text("quota_period", nullable=True),
    text("picture_asset_id", nullable=True),
    *lifecycle_columns(),
    *stamps(),
    UniqueConstraint("shop_id", "idempotency_key"),
)


@dataclass(frozen=True)
class Sketch:
    id: str
    shop_id: str
    prompt: str
    wanted: int
    quota_period: str
    created_at: datetime
    idempotency_key: str | None = None
    status: str = "pending"
    progress: int = 0
    error_code: str | None = None
    error_message: str | None = None
    picture_asset_id: str | None = None

    def asks_the_same(self, other: Sketch) -> bool:
        return (self.prompt, self.wanted) == (other.prompt, other.wanted)


KIND = Kind(
    name="tests.sketch",
    table=sketches,
    shape=Sketch,
    folder="tests",
    owner_type="sketch",
    charge=MonthlyQuota(SENTENCE, units=lambda row: row.wanted),
    lane=Lane.MERCHANT,
)


async def draw(run: Run[Sketch]) -> Output:
    """As a capability does it."""
    await run.progress(25)
    answer = await run.image(ImageRequest(run.row.prompt, [], 64, 64, count=run.row.wanted))
    picture = Picture(answer.picture, "image/png", 64, 64)
    return Output({"picture": picture}, answer.model, delivered=len(answer.pictures))


JOBS = {KIND.name: generation.job_kind(KIND, draw)}


@dataclass
class Pencil:
    """An image model that costs something. `before` runs while it is asked; `most` is how many pictures it gives."""

    before: Callable[[], Awaitable[None]] | None = None
    most: int = 9
    service: str = "tests"
    name: str = "pencil"
    asked: list[ImageRequest] = field(default_factory=list)

    async def render(self, request: ImageRequest) -> ImageAnswer:
        self.asked.append(request)
        if self.before:
            await self.before()
        count = min(request.count, self.most)
        return ImageAnswer((b"sketch",) * count, self.name, ModelUsage(PRICE * count, 3, 5))


async def _create_table(app: App) -> None:
    ddl = str(CreateTable(sketches).compile(dialect=sqlite.dialect()))
    if ON_POSTGRES:
        async with postgres_schema.open_connection(app.settings.database_url) as connection:
            await connection.execute(ddl)
    else:
        await app.db.batch(raw(ddl))


@dataclass
class Desk:
    """A shop, and the steps from a prompt to a sketch."""

    app: App
    pencil: Pencil

    @classmethod
    async def opened(cls, app: App) -> Desk:
        """With the table of sketches."""
        pencil = Pencil()
        desk = cls(replace(app, image_model=pencil), pencil)
        await open_shop(app)
        await _create_table(app)
        return desk

    def wish(self, **changes: Any) -> Sketch:
        now = self.app.clock.now()
        return replace(Sketch(new_id(), SHOP, "a ring", 1, quotas.period_of(now, "UTC"), now), **changes)

    async def ask(self, **changes: Any) -> Sketch:
        wanted = self.wish(**changes)
        before = await generation.by_key(self.app.db, SHOP, KIND, wanted.idempotency_key, {})
        return await generation.request(self.app, KIND, wanted, before=before)

    async def cancel(self, sketch: Sketch) -> bool:
        return await generation.cancel(self.app, KIND, await self.found(sketch))

    async def run(self) -> int:
        return await jobs.run_due(self.app, JOBS)

    async def found(self, sketch: Sketch) -> Sketch:
        row = await generation.find(self.app.db, SHOP, KIND, sketch.id)
        assert row is not None
        return row

    async def row(self, sketch: Sketch) -> Row:
        """Every column."""
        row = await self.app.db.one(select(sketches).where(sketches.c.id == sketch.id))
        assert row is not None
        return row

    async def job(self, sketch: Sketch) -> Job:
        statuses = ["pending", "running", "done", "failed", "dead", "cancelled"]
        (job,) = [job for job in await jobs.jobs_by_status(self.app.db, statuses, 99) if job.subject_id == sketch.id]
        return job

    async def counted(self) -> tuple[int, int]:
        """Generations of this month, and jobs of the merchants' lane that hold a slot."""
        row = await self.app.db.one(select(quotas_table))
        assert row is not None
        return row["current_generations"], row["merchant_running"]

    async def calls(self) -> list[Row]:
        """The log of calls to models, the oldest first."""
        return list(await self.app.db.all(select(api_usage).order_by(api_usage.c.id)))

    async def sums(self) -> list[Row]:
        return list(await self.app.db.all(select(api_usage_daily)))
