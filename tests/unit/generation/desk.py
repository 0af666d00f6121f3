"""A desk at which sketches are asked for and made: the lifecycle by its functions, without HTTP."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import select

from app import generation, jobs, quotas, shops
from app.core.app import App
from app.core.ids import new_id, new_token
from app.core.pictures import ImageAnswer, ImageRequest, ModelUsage
from app.core.ports.database import Row
from app.core.ports.shopify import ProxyVisit
from app.generation.tables import api_usage, api_usage_daily
from app.jobs import Job
from app.quotas import Lane
from app.quotas.tables import quotas as quotas_table
from tests.apps import SHOP, open_shop
from tests.sketches.capability import SKETCHES, Sketch, draw, sketches
from tests.sketches.installed import installed

PRICE = 1_000
KIND = replace(SKETCHES, lane=Lane.MERCHANT)
"""As merchants ask for sketches: the lane that previews do not use."""
[REFUSAL] = KIND.charge.refusals.values()
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


@dataclass
class Desk:
    """A shop, and the steps from a prompt to a sketch."""

    app: App
    pencil: Pencil
    guest_id: str

    @classmethod
    @asynccontextmanager
    async def opened(cls, app: App) -> AsyncIterator[Desk]:
        """With the table of sketches as long as this lasts, and a guest who asks for them."""
        pencil = Pencil()
        await open_shop(app)
        guest = await shops.visitor(app, ProxyVisit(SHOP, None), new_token())
        async with installed(replace(app, image_model=pencil)) as with_sketches:
            yield cls(with_sketches, pencil, str(guest.guest_session_id))

    def wish(self, **changes: Any) -> Sketch:
        now = self.app.clock.now()
        period = quotas.period_of(now, "UTC")
        sketch = Sketch(id=new_id(), shop_id=SHOP, prompt="a ring", created_at=now, quota_period=period)
        return replace(sketch, guest_session_id=self.guest_id, **changes)

    async def ask(self, **changes: Any) -> Sketch:
        return await generation.request_once(self.app, KIND, self.wish(**changes))

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
