"""Runs: made and stored once, paid for as far as delivered, and refunded when nothing came of them."""

from __future__ import annotations

import asyncio

import pytest
from sqlalchemy import select, update

from app import generation, jobs, media, quotas
from app.core.errors import NotFound, Unavailable, Unprocessable
from app.core.pictures import Picture
from app.generation import Output, Run
from app.jobs.tables import jobs as jobs_table
from app.media.tables import assets
from tests.apps import SHOP, clock_of
from tests.sketches.capability import Sketch, sketches
from tests.unit.generation.desk import JOBS, KIND, PRICE, Desk

pytestmark = pytest.mark.anyio


async def test_a_generation_is_made_and_says_how(desk: Desk) -> None:
    sketch = await desk.ask(wanted=2)
    begun = desk.app.clock.now()
    assert await desk.run() == 1
    row = await desk.row(sketch)
    assert (row["status"], row["progress"], row["model_used"], row["cost_micros"]) == (
        "completed",
        100,
        "pencil",
        2 * PRICE,
    )
    assert (row["started_at"], row["completed_at"]) == (begun, desk.app.clock.now())
    assert row["duration_ms"] >= 0
    assert await desk.counted() == (2, 0)


async def test_its_file_is_stored_counted_and_its_own(desk: Desk) -> None:
    sketch = await desk.ask()
    await desk.run()
    asset = await media.asset(desk.app.db, SHOP, (await desk.row(sketch))["picture_asset_id"])
    assert asset is not None
    assert (asset.owner_type, asset.owner_id, asset.purpose) == ("sketch", sketch.id, "picture")
    assert asset.key.startswith(f"{SHOP}/sketches/{sketch.id}/picture_")
    assert await desk.app.files.get(asset.key) == b"sketch"
    quota = await quotas.quota(desk.app.db, SHOP)
    assert quota is not None
    assert quota.current_storage_bytes == len(b"sketch")


async def test_three_of_four_delivered_are_three_charged(desk: Desk) -> None:
    desk.pencil.most = 3
    sketch = await desk.ask(wanted=4)
    assert await desk.counted() == (4, 0)
    await desk.run()
    assert (await desk.found(sketch)).status == "completed"
    assert await desk.counted() == (3, 0)


async def test_a_refusal_of_the_model_fails_it_plainly_and_refunds_it(desk: Desk) -> None:
    async def refuse() -> None:
        raise Unprocessable("This cannot be drawn.", code="ai_refused")

    desk.pencil.before = refuse
    sketch = await desk.ask(wanted=2)
    await desk.run()
    state = await generation.state(desk.app, KIND, await desk.found(sketch))
    assert (state.status, state.error_code, state.error_message) == ("failed", "ai_refused", "This cannot be drawn.")
    assert (await desk.row(sketch))["completed_at"] is None
    assert await desk.counted() == (0, 0)


async def test_a_model_that_is_away_for_a_moment_costs_time_and_nothing_else(desk: Desk) -> None:
    async def away() -> None:
        raise Unavailable

    desk.pencil.before = away
    sketch = await desk.ask()
    begun = desk.app.clock.now()
    await desk.run()
    assert (await desk.found(sketch)).status == "processing"
    assert await desk.counted() == (1, 0)
    desk.pencil.before = None
    clock_of(desk.app).move(minutes=1)
    await desk.run()
    row = await desk.row(sketch)
    assert (row["status"], row["started_at"]) == ("completed", begun)
    assert await desk.counted() == (1, 0)


async def test_a_model_that_stays_away_fails_it_and_refunds_it(desk: Desk) -> None:
    async def away() -> None:
        raise Unavailable

    desk.pencil.before = away
    sketch = await desk.ask()
    for _ in range(4):
        await desk.run()
        clock_of(desk.app).move(minutes=1)
    assert ((await desk.found(sketch)).status, (await desk.job(sketch)).status) == ("failed", "dead")
    assert len(desk.pencil.asked) == 3
    assert await desk.counted() == (0, 0)


async def test_of_two_attempts_at_once_one_wins_and_the_others_file_goes(desk: Desk) -> None:
    sketch = await desk.ask()
    job = await desk.job(sketch)
    second: list[asyncio.Task[bool]] = []

    async def taken_over() -> None:
        """The first worker seems dead: its lease runs out, and another takes the job while it goes on."""
        desk.pencil.before = None
        clock_of(desk.app).move(seconds=desk.app.settings.job_lease_s)
        second.append(asyncio.create_task(jobs.run_one(desk.app, JOBS, job.id)))
        await second[0]

    desk.pencil.before = taken_over
    await jobs.run_one(desk.app, JOBS, job.id)
    (asset,) = await desk.app.db.all(select(assets.c.key))
    assert [each.key for each in await desk.app.files.list(f"{SHOP}/")] == [asset["key"]]
    assert (await desk.found(sketch)).status == "completed"
    assert await desk.counted() == (1, 0)


async def test_a_job_whose_row_is_gone_ends(desk: Desk) -> None:
    sketch = await desk.ask()
    await desk.app.db.batch(update(sketches).where(sketches.c.id == sketch.id).values(id="gone"))
    await desk.run()
    assert (await desk.job(sketch)).status == "failed"


async def test_a_source_that_is_gone_says_so(desk: Desk) -> None:
    sketch = await desk.ask()
    run = Run(desk.app, KIND, sketch, "job")
    for asset_id in (None, "gone"):
        with pytest.raises(NotFound) as fault:
            await run.source(asset_id)
        assert fault.value.code == "upload_missing"


async def test_a_capability_sets_columns_and_adds_statements_to_the_last_batch(desk: Desk) -> None:
    async def make(run: Run[Sketch]) -> Output:
        picture = Picture(b"one", "image/png", 1, 1)

        def then(ids: object, at: object) -> list[object]:
            return [update(jobs_table).where(jobs_table.c.subject_id == run.row.id).values(progress=len(str(ids)))]

        return Output({"picture": picture, "extra": picture}, "hand", {"prompt": "drawn by hand"}, then)

    sketch = await desk.ask()
    await jobs.run_due(desk.app, {KIND.name: generation.job_kind(KIND, make)})
    row = await desk.row(sketch)
    assert (row["prompt"], row["model_used"], row["cost_micros"]) == ("drawn by hand", "hand", 0)
    stored = await desk.app.db.all(select(assets.c.purpose))
    assert sorted(each["purpose"] for each in stored) == ["extra", "picture"]
    assert (await desk.job(sketch)).progress > 0
