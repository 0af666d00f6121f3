"""Requests: charged, recorded and queued at once, or not at all; repeated and cancelled without harm."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest
from sqlalchemy import update

from app import generation, jobs
from app.core.errors import AppError, Conflict, Refused
from app.core.ports.database import Expect
from app.generation import Free
from app.quotas.tables import quotas
from tests.apps import OTHER_SHOP, SHOP, open_shop
from tests.fakes.ports import NotingQueue
from tests.sketches.capability import sketches
from tests.unit.generation.desk import JOBS, KIND, REFUSAL, Desk

pytestmark = pytest.mark.anyio


async def test_a_request_is_charged_recorded_and_queued(desk: Desk) -> None:
    desk.app = replace(desk.app, queue=(wakes := NotingQueue()))
    sketch = await desk.ask(wanted=3)
    job = await desk.job(sketch)
    assert await desk.counted() == (3, 0)
    assert (job.kind, job.status, job.lane) == ("sketches.sketch", "pending", "merchant")
    assert wakes.woken == [job.id]
    state = await generation.state(desk.app, KIND, await desk.found(sketch))
    assert (state.status, state.progress, state.queue_position, state.error_code) == ("pending", 0, 0, None)


async def test_the_same_key_gives_the_same_generation_and_is_charged_once(desk: Desk) -> None:
    asked = await asyncio.gather(*[desk.ask(idempotency_key="k", wanted=2) for _ in range(5)])
    assert len({each.id for each in asked}) == 1
    assert await desk.counted() == (2, 0)
    assert await desk.run() == 1


async def test_a_key_that_comes_with_another_request_is_a_conflict(desk: Desk) -> None:
    await desk.ask(idempotency_key="k")
    with pytest.raises(Conflict) as refusal:
        await desk.ask(idempotency_key="k", prompt="a chain")
    assert refusal.value.code == "idempotency_key_reused"
    assert await desk.counted() == (1, 0)


async def test_requests_without_a_key_are_all_made(desk: Desk) -> None:
    first, second = await desk.ask(), await desk.ask()
    assert first.id != second.id
    assert await desk.run() == 2


async def test_a_request_that_does_not_fit_into_the_month_is_refused_whole(desk: Desk) -> None:
    await desk.app.db.batch(update(quotas).values(monthly_generation_limit=3))
    await desk.ask(wanted=2)
    with pytest.raises(AppError) as refusal:
        await desk.ask(wanted=2)
    assert (refusal.value.status, refusal.value.code, refusal.value.message) == (402, "quota_exhausted", REFUSAL)
    assert await desk.counted() == (2, 0)
    assert await desk.run() == 1


async def test_a_statement_of_the_capability_that_is_refused_undoes_everything(desk: Desk) -> None:
    never = Expect(update(sketches).where(sketches.c.shop_id == SHOP, sketches.c.id == "nobody").values(wanted=1), "no")
    for place in ("first", "then"):
        with pytest.raises(Refused) as refusal:
            await generation.request(desk.app, KIND, desk.wish(), **{place: [never]})  # type: ignore[arg-type]
        assert refusal.value.code == "no"
    assert await desk.counted() == (0, 0)
    assert await desk.run() == 0


async def test_what_is_free_counts_nowhere(desk: Desk) -> None:
    free = replace(KIND, charge=Free())
    sketch = await generation.request(desk.app, free, desk.wish())
    other = await generation.request(desk.app, free, desk.wish())
    await jobs.run_due(desk.app, {KIND.name: generation.job_kind(free, lambda run: never_comes(run))})
    assert await generation.cancel(desk.app, free, await desk.found(other)) is False
    assert await desk.counted() == (0, 0)
    assert (await desk.found(sketch)).status == "failed"


async def never_comes(run: object) -> generation.Output:
    raise Conflict("It cannot be made.")


async def test_a_generation_of_another_shop_is_not_found(desk: Desk) -> None:
    await open_shop(desk.app, OTHER_SHOP)
    sketch = await desk.ask(idempotency_key="k")
    assert await generation.find(desk.app.db, OTHER_SHOP, KIND, sketch.id) is None
    assert await generation.by_key(desk.app.db, OTHER_SHOP, KIND, "k", (None, None)) is None


async def test_only_rows_of_the_kind_are_found(desk: Desk) -> None:
    sketch = await desk.ask(idempotency_key="k", prompt="a ring")
    others = replace(KIND, fixed={"prompt": "a chain"})
    assert await generation.find(desk.app.db, SHOP, others, sketch.id) is None
    assert await generation.by_key(desk.app.db, SHOP, others, "k", (None, None)) is None


async def test_what_is_cancelled_before_it_runs_costs_nothing(desk: Desk) -> None:
    sketch = await desk.ask(wanted=2)
    assert await desk.cancel(sketch)
    assert await desk.counted() == (0, 0)
    assert await desk.run() == 0
    assert ((await desk.found(sketch)).status, (await desk.job(sketch)).status) == ("cancelled", "cancelled")


async def test_what_is_cancelled_while_it_is_made_stores_nothing_and_frees_its_slot_at_once(desk: Desk) -> None:
    sketch = await desk.ask()
    counted: list[tuple[int, int]] = []

    async def click() -> None:
        counted.append(await desk.counted())
        await desk.cancel(sketch)
        counted.append(await desk.counted())

    desk.pencil.before = click
    assert await jobs.run_one(desk.app, JOBS, (await desk.job(sketch)).id)
    assert counted == [(1, 1), (0, 0)]
    assert await desk.counted() == (0, 0)
    assert ((await desk.found(sketch)).status, (await desk.row(sketch))["picture_asset_id"]) == ("cancelled", None)
    assert await desk.app.files.list(f"{SHOP}/") == []


async def test_cancelling_too_late_or_twice_changes_nothing(desk: Desk) -> None:
    done, cancelled = await desk.ask(), await desk.ask()
    assert [await desk.cancel(cancelled), await desk.cancel(cancelled)] == [True, False]
    await desk.run()
    assert await desk.cancel(done) is False
    assert await desk.counted() == (1, 0)


async def test_a_cancelled_generation_leaves_its_turn_to_the_next_of_its_lane(desk: Desk) -> None:
    first, second = await desk.ask(), await desk.ask()
    desk.app = replace(desk.app, queue=(wakes := NotingQueue()))
    await desk.cancel(first)
    assert wakes.woken == [(await desk.job(second)).id]
