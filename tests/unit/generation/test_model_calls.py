"""The log of calls to models: one row a call and true sums, whatever becomes of the run."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from app import generation, jobs
from app.core.errors import Unavailable, Unprocessable
from app.generation import ModelSums
from tests.apps import OTHER_SHOP, SHOP, clock_of, open_shop
from tests.unit.generation.desk import JOBS, PRICE, Desk

pytestmark = pytest.mark.anyio


async def sums_of(desk: Desk, since: str = "2000-01-01") -> tuple[int, int, int, int]:
    """Calls, failures, pictures and cost."""
    (sums,) = await generation.usage_since(desk.app.db, SHOP, since)
    return sums.calls, sums.failures, sums.images, sums.cost_micros


async def test_a_call_is_logged_without_its_prompt(desk: Desk) -> None:
    sketch = await desk.ask(prompt="a secret ring", wanted=2)
    await desk.run()
    (call,) = await desk.calls()
    assert (call["operation"], call["service"], call["model"], call["api_type"]) == (
        "sketches.sketch",
        "tests",
        "pencil",
        "image",
    )
    assert (call["subject_type"], call["subject_id"], call["job_id"]) == (
        "sketch",
        sketch.id,
        (await desk.job(sketch)).id,
    )
    assert (call["images_requested"], call["images_returned"], call["prompt_chars"]) == (2, 2, 13)
    assert (call["success"], call["error_code"], call["cost_micros"]) == (True, None, 2 * PRICE)
    assert (call["input_tokens"], call["output_tokens"]) == (3, 5)
    assert call["duration_ms"] >= 0
    assert not any("secret" in str(value) for value in call.values())


async def test_the_sums_of_a_shop_are_by_operation_and_model(desk: Desk) -> None:
    await open_shop(desk.app, OTHER_SHOP)
    for wanted in (1, 3):
        await desk.ask(wanted=wanted)
    await desk.run()
    assert await generation.usage_since(desk.app.db, SHOP, "2000-01-01") == [
        ModelSums("sketches.sketch", "tests", "pencil", 2, 0, 4, 6, 10, 4 * PRICE)
    ]
    assert await generation.usage_since(desk.app.db, OTHER_SHOP, "2000-01-01") == []


async def test_a_call_that_fails_is_logged_with_its_reason(desk: Desk) -> None:
    async def refuse() -> None:
        raise Unprocessable("This cannot be drawn.", code="ai_refused")

    desk.pencil.before = refuse
    await desk.ask()
    await desk.run()
    (call,) = await desk.calls()
    assert (call["success"], call["error_code"], call["error_message"]) == (
        False,
        "ai_refused",
        "This cannot be drawn.",
    )
    assert await sums_of(desk) == (1, 1, 0, 0)


async def test_a_call_whose_run_fails_afterwards_still_costs(desk: Desk) -> None:
    sketch = await desk.ask()

    async def full(key: str, data: bytes, mime: str) -> None:
        raise Unavailable

    files: Any = desk.app.files
    put, files.put = files.put, full
    await desk.run()
    files.put = put
    assert await sums_of(desk) == (1, 0, 1, PRICE)
    clock_of(desk.app).move(minutes=1)
    await desk.run()
    assert await sums_of(desk) == (2, 0, 2, 2 * PRICE)
    assert (await desk.row(sketch))["cost_micros"] == 2 * PRICE


async def test_a_call_for_what_is_cancelled_meanwhile_still_costs(desk: Desk) -> None:
    sketch = await desk.ask()

    async def click() -> None:
        await desk.cancel(sketch)

    desk.pencil.before = click
    await desk.run()
    assert await sums_of(desk) == (1, 0, 1, PRICE)


async def test_a_call_whose_answer_never_arrives_stays_as_a_failure(desk: Desk) -> None:
    sketch = await desk.ask()
    asked, never = asyncio.Event(), asyncio.Event()

    async def hang() -> None:
        asked.set()
        await never.wait()

    desk.pencil.before = hang
    running = asyncio.create_task(jobs.run_one(desk.app, JOBS, (await desk.job(sketch)).id))
    await asked.wait()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    (call,) = await desk.calls()
    assert (call["success"], call["error_code"], call["duration_ms"]) == (False, "no_answer", None)
    assert await sums_of(desk) == (1, 1, 0, 0)
    desk.pencil.before = None
    await desk.run()
    assert await sums_of(desk) == (2, 1, 1, PRICE)


async def test_an_answer_is_used_although_the_log_cannot_be_written(desk: Desk) -> None:
    sketch = await desk.ask()
    database: Any = desk.app.db
    batch = database.batch

    async def away() -> None:
        async def fails_once(*statements: Any) -> Any:
            database.batch = batch
            raise Unavailable

        database.batch = fails_once

    desk.pencil.before = away
    await desk.run()
    assert (await desk.found(sketch)).status == "completed"
    (call,) = await desk.calls()
    assert call["error_code"] == "no_answer"


async def test_days_of_utc_are_summed_apart(desk: Desk) -> None:
    days = []
    for _ in range(2):
        await desk.ask()
        await desk.run()
        days.append(desk.app.clock.now().strftime("%Y-%m-%d"))
        clock_of(desk.app).move(days=1)
    assert [sums["day"] for sums in await desk.sums()] == days
    assert await sums_of(desk, days[0]) == (2, 0, 2, 2 * PRICE)
    assert await sums_of(desk, days[1]) == (1, 0, 1, PRICE)


async def test_calls_go_after_90_days_and_their_sums_stay(desk: Desk) -> None:
    await desk.ask()
    await desk.run()
    for days, deleted in ((89, 0), (91, 1), (91, 0)):
        clock_of(desk.app).at = datetime.now(UTC) + timedelta(days=days)  # ids have the machine's own time
        assert await generation.sweep_usage(desk.app) == deleted
    assert await desk.calls() == []
    assert await sums_of(desk) == (1, 0, 1, PRICE)
