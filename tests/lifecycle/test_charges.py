"""A charge is held by a request, kept by what is delivered, and refunded by everything else."""

from __future__ import annotations

import asyncio
from contextlib import suppress

import pytest

from app import jobs
from app.core.errors import AppError, Unavailable, Unprocessable
from app.generation.tables import api_usage
from tests.apps import clock_of
from tests.lifecycle.kinds import JOB_KINDS
from tests.lifecycle.studio import LostAnswer, Studio

pytestmark = pytest.mark.anyio
MOST_BATCHES = 12
"""More than a job has, so that the answer of each is lost once."""


async def job_id(studio: Studio, asked: dict[str, object]) -> str:
    [job] = [
        each for each in await jobs.jobs_by_status(studio.app.db, ["pending"], 99) if each.subject_id == asked["id"]
    ]
    return job.id


async def test_what_is_delivered_is_charged_and_its_bytes_are_counted(studio: Studio) -> None:
    asked = await studio.ask(studio.requester())
    held = await studio.charged()
    assert held[0] > 0
    await studio.run()
    assert (await studio.state(asked))["status"] == "completed"
    assert await studio.charged() == held
    counted, there = await studio.stored()
    assert counted == there > 0
    assert await studio.files() != []


@pytest.mark.parametrize("fault", [Unavailable(), Unprocessable("It cannot be drawn.", code="ai_refused")])
async def test_what_fails_is_refunded_and_says_why(studio: Studio, fault: AppError) -> None:
    async def fails() -> None:
        raise fault

    before, studio.painter.before = await studio.stored(), fails
    asked = await studio.ask(studio.requester())
    await studio.run_all()
    state = await studio.state(asked)
    assert (state["status"], state["error"]["message"]) == ("failed", fault.message)
    assert await studio.charged() == (0, 0)
    assert (await studio.stored(), await studio.files()) == (before, [])


async def test_what_is_cancelled_before_it_runs_is_refunded_and_not_made(studio: Studio) -> None:
    browser = studio.requester()
    asked = await studio.ask(browser)
    assert (await studio.state(asked))["queue_position"] == 0
    answer = await studio.cancel(browser, asked)
    assert (answer.status_code, answer.json()["status"]) == (200, "cancelled")
    assert "queue_position" not in answer.json()
    assert await studio.charged() == (0, 0)
    assert (await studio.run(), studio.painter.asked) == (0, [])


async def test_what_is_cancelled_while_it_is_made_is_refunded_and_leaves_no_file(studio: Studio) -> None:
    browser, before = studio.requester(), await studio.stored()
    asked = await studio.ask(browser)
    seen: list[object] = []

    async def click() -> None:
        seen.append((await studio.charged())[1])
        seen.append((await studio.cancel(browser, asked)).json()["status"])
        seen.append(await studio.charged())

    studio.painter.before = click
    await studio.run()
    assert seen == [1, "cancelled", (0, 0)]
    assert (await studio.state(asked))["status"] == "cancelled"
    assert (await studio.stored(), await studio.files()) == (before, [])


async def test_what_is_cancelled_too_late_stays_and_is_charged_once(studio: Studio) -> None:
    browser = studio.requester()
    asked = await studio.made(browser)
    charged, files = await studio.charged(), await studio.files()
    for _ in range(2):
        assert (await studio.cancel(browser, asked)).json()["status"] == "completed"
    assert (await studio.charged(), await studio.files()) == (charged, files)


async def test_what_is_cancelled_twice_is_refunded_once(studio: Studio) -> None:
    browser = studio.requester()
    await studio.ask(browser)
    held, asked = await studio.charged(), await studio.ask(browser)
    for _ in range(2):
        assert (await studio.cancel(browser, asked)).json()["status"] == "cancelled"
    assert await studio.charged() == held


@pytest.mark.parametrize("batch", range(MOST_BATCHES))
async def test_a_job_that_loses_an_answer_of_the_database_is_charged_and_stored_once(
    studio: Studio, batch: int
) -> None:
    asked = await studio.ask(studio.requester())
    held = await studio.charged()
    studio.db.lose(batch)
    with suppress(LostAnswer):  # the loop of jobs goes on after it
        await studio.run()
    assert batch < MOST_BATCHES - 1 or studio.db.batches <= batch
    studio.db.lose(None)
    await studio.run_all()
    assert (await studio.state(asked))["status"] == "completed"
    assert await studio.charged() == held
    counted, there = await studio.stored()
    assert counted == there
    keys = {row["key"] for row in await studio.rows("assets")}
    assert set(await studio.files()) <= keys


async def test_a_job_whose_process_ends_is_made_again_and_charged_once(studio: Studio) -> None:
    asked = await studio.ask(studio.requester())
    held, reached = await studio.charged(), asyncio.Event()

    async def hang() -> None:
        reached.set()
        await asyncio.Event().wait()

    studio.painter.before = hang
    running = asyncio.create_task(jobs.run_one(studio.app, JOB_KINDS, await job_id(studio, asked)))
    await reached.wait()
    running.cancel()
    await asyncio.wait([running])
    studio.painter.before = None
    clock_of(studio.app).move(minutes=30)
    await studio.run_all()
    assert (await studio.state(asked))["status"] == "completed"
    assert await studio.charged() == held
    calls = [(row["success"], row["error_code"]) for row in await studio.rows(api_usage.name)]
    assert calls[0] == (False, "no_answer")
    assert calls[1] == (True, None)
