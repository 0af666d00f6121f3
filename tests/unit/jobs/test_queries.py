"""Job rows: once per key, cancelled, queued again, and their place in the queue."""

from __future__ import annotations

import sqlite3
from typing import Any

import pytest
from sqlalchemy import update

from app import jobs
from app.adapters.sql import compile_sql
from app.adapters.sqlite_dialect import DIALECT
from app.core.app import App
from app.jobs import Job, queries
from app.jobs.tables import jobs as table
from app.wiring import schema
from handlers import jobs as runner
from tests.apps import clock_of
from tests.fakes.ports import START
from tests.unit.jobs.kinds import KIND, Work, found, queued

pytestmark = pytest.mark.anyio


async def set_status(app: App, status: str) -> None:
    await app.db.batch(update(table).values(status=status, attempts=3, last_error="ai_down"))


async def test_a_key_is_queued_once(app: App) -> None:
    first = await queued(app)
    again = jobs.new(KIND, "a", "s", at=app.clock.now())
    (result,) = await app.db.batch(jobs.insert(again, app.clock.now()))
    assert result.rowcount == 0
    assert await jobs.job(app.db, again.id) is None
    assert (await found(app, first)).status == "pending"


@pytest.mark.parametrize("status", ["failed", "dead", "cancelled"])
async def test_a_job_that_ended_badly_can_be_queued_again(app: App, status: str) -> None:
    job = await queued(app)
    await set_status(app, status)
    clock_of(app).move(minutes=1)
    now = app.clock.now()
    (result,) = await app.db.batch(jobs.requeue(jobs.new(KIND, "a", "s", at=now), now))
    assert result.rows == [{"id": job.id}]
    again = await found(app, job)
    assert (again.status, again.attempts, again.last_error, again.run_at) == ("pending", 0, None, now)
    assert await jobs.run_due(app, Work().kinds) == 1


@pytest.mark.parametrize("status", ["pending", "running", "done"])
async def test_a_job_that_is_open_or_done_is_not_queued_again(app: App, status: str) -> None:
    job = await queued(app)
    await set_status(app, status)
    (result,) = await app.db.batch(jobs.requeue(jobs.new(KIND, "a", "s", at=app.clock.now()), app.clock.now()))
    assert result.rows == []
    assert (await found(app, job)).status == status


@pytest.mark.parametrize(("status", "after"), [("pending", "cancelled"), ("running", "cancelled"), ("done", "done")])
async def test_only_what_is_open_is_cancelled(app: App, status: str, after: str) -> None:
    job = await queued(app)
    await set_status(app, status)
    await app.db.batch(jobs.cancel("a", job.dedupe_key, app.clock.now()))
    assert (await found(app, job)).status == after


async def test_another_shop_cancels_nothing(app: App) -> None:
    job = await queued(app)
    await app.db.batch(jobs.cancel("b", job.dedupe_key, app.clock.now()))
    assert (await found(app, job)).status == "pending"


async def test_the_place_in_the_queue_counts_the_shops_own_jobs_that_came_before(app: App) -> None:
    for subject, shop_id in (("1", "a"), ("other", "b"), ("2", "a"), ("3", "a")):
        await queued(app, subject, shop_id)
        clock_of(app).move(seconds=1)
    places: dict[Any, int] = {each: await jobs.queue_position(app.db, "a", KIND, each) for each in ("1", "2", "3")}
    assert places == {"1": 0, "2": 1, "3": 2}
    await app.db.batch(update(table).where(table.c.subject_id == "1").values(status="running"))
    assert await jobs.queue_position(app.db, "a", KIND, "3") == 1
    assert await jobs.queue_position(app.db, "a", KIND, "unknown") == 0


async def test_jobs_are_listed_by_their_status_newest_first(app: App) -> None:
    for subject in ("1", "2", "3"):
        await queued(app, subject)
        clock_of(app).move(seconds=1)
    await app.db.batch(update(table).where(table.c.subject_id == "2").values(status="dead"))
    listed = await jobs.jobs_by_status(app.db, ["pending", "running"], 10)
    assert [job.subject_id for job in listed] == ["3", "1"]
    assert [job.subject_id for job in await jobs.jobs_by_status(app.db, ["dead", "pending"], 1)] == ["3"]


async def test_a_jobs_payload_comes_back(app: App) -> None:
    now = app.clock.now()
    job = jobs.new(KIND, "a", "s", at=now, payload={"item": "1"})
    await app.db.batch(jobs.insert(job, now))
    assert (await found(app, job)).payload == {"item": "1"}


async def test_a_loop_leaves_kinds_that_are_not_its_own(app: App) -> None:
    job = await queued(app)
    assert await jobs.run_due(app, {}) == 0
    assert (await found(app, job)).status == "pending"


def test_nothing_that_takes_long_keeps_a_preview_waiting() -> None:
    left_out = set(runner.KINDS) - set(runner.PROMPT_KINDS)
    assert left_out == {
        "catalog.sync_products",
        "personalization.finalize",
        "privacy.empty_photo",
        "privacy.export",
        "privacy.redact",
        "privacy.redact_shop",
        "privacy.take_request",
    }
    assert "personalization.preview" in runner.PROMPT_KINDS


class Explained:
    """A SQLite with the schema, that notes how it would look for what it is asked."""

    def __init__(self) -> None:
        self._handle = sqlite3.connect(":memory:")
        self._handle.executescript(schema())
        self.plans: list[str] = []

    async def one(self, statement: Any) -> Any:
        sql = compile_sql(statement, DIALECT)
        steps = self._handle.execute(f"EXPLAIN QUERY PLAN {sql.text}", sql.values).fetchall()
        self.plans.append("; ".join(str(step[3]) for step in steps))
        return dict.fromkeys(Job.__dataclass_fields__, 1)

    def close(self) -> None:
        self._handle.close()


async def test_looking_for_work_reads_open_jobs_alone_in_the_order_they_are_needed() -> None:
    """However many have ended in the last month, and however long the line is."""
    db: Any = Explained()
    assert await queries.due(db, START, list(runner.KINDS), ["a:preview"])
    assert await queries.oldest_due(db, START)
    await db.one(queries.hint_again(START, START, list(runner.KINDS), 100))
    db.close()
    assert all("USING INDEX ix_jobs_open" in plan for plan in db.plans), db.plans
    first, second, *_ = db.plans
    assert "TEMP B-TREE" not in first
    assert second.startswith("SEARCH jobs USING INDEX ix_jobs_open (priority=?)")
    assert len(db.plans) == 4
