"""Job rows: once per key, cancelled, queued again, and their place in the queue."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from app import jobs
from app.adapters.database.sql import compile_sql
from app.adapters.database.sqlite_dialect import DIALECT
from app.core.app import App
from app.jobs.queries import rows as row_queries
from app.jobs.queries import scheduling
from app.jobs.tables import jobs as table
from app.wiring import schema
from handlers import jobs as runner
from tests.apps import ON_POSTGRES, clock_of
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
    left_out = set(runner.KINDS) - set(runner.INTERACTIVE_KINDS)
    assert left_out == {
        "catalog.sync_products",
        "personalization.finalize",
        "personalization.pack_prints",
        "privacy.empty_photo",
        "privacy.export",
        "privacy.redact",
        "privacy.redact_shop",
        "privacy.take_request",
    }
    assert "personalization.preview" in runner.INTERACTIVE_KINDS


class Explained:
    """A SQLite with the schema, that notes how it would look for what it is asked."""

    def __init__(self) -> None:
        self._handle = sqlite3.connect(":memory:")
        self._handle.executescript(schema())
        self.plans: list[list[str]] = []

    async def one(self, statement: Any) -> None:
        await self.all(statement)

    async def all(self, statement: Any) -> list[Any]:
        sql = compile_sql(statement, DIALECT)
        steps = self._handle.execute(f"EXPLAIN QUERY PLAN {sql.text}", sql.values).fetchall()
        self.plans.append([str(step[3]) for step in steps])
        return []

    def close(self) -> None:
        self._handle.close()


async def test_looking_for_work_reads_open_jobs_alone() -> None:
    """However many have ended in the last month."""
    db: Any = Explained()
    await scheduling.due(db, START, runner.KINDS)
    await scheduling.queue_position(db, "a", "preview", "1", START)
    await row_queries.oldest_due(db, START)
    await db.one(row_queries.mark_woken(START, START, list(runner.KINDS), 100))
    db.close()
    allowed = ("ix_jobs_open", "sqlite_autoindex_jobs_", "ix_jobs_shop_id_lease_order (shop_id=?)")
    for plan in db.plans:
        reads = [step for step in plan if " INDEX " in step or step.startswith(("SCAN jobs", "SEARCH jobs"))]
        assert any("ix_jobs_open" in step for step in reads)
        assert [step for step in reads if "jobs" in step and not any(name in step for name in allowed)] == []
    assert len(db.plans) == 4


async def test_the_next_job_of_each_shop_is_sought_behind_all_of_the_one_before() -> None:
    db: Any = Explained()
    await scheduling.due(db, START, runner.KINDS)
    db.close()
    [plan] = db.plans
    seek = "COVERING INDEX ix_jobs_open (status=? AND priority=? AND (shop_id,kind,run_at)>(?,?,?))"
    assert f"SEARCH behind USING {seek}" in plan


async def steps_of_a_choice(app: App) -> int:
    """How many instructions SQLite runs to choose the next job."""
    counted = 0

    def count() -> int:
        nonlocal counted
        counted += 1
        return 0

    handle = sqlite3.connect(Path(app.settings.database_url.removeprefix("sqlite:///")))

    class Counting:
        async def one(self, statement: Any) -> Any:
            sql = compile_sql(statement, DIALECT)
            handle.set_progress_handler(count, 1)
            rows = sql.read(handle.execute(sql.text, sql.values).fetchall())
            handle.set_progress_handler(None, 1)
            return rows[0] if rows else None

    db: Any = Counting()
    assert await scheduling.due(db, app.clock.now(), Work().kinds)
    handle.close()
    return counted


@pytest.mark.skipif(ON_POSTGRES, reason="counts the instructions of SQLite")
async def test_a_choice_takes_no_longer_when_a_shops_line_is_long(app: App) -> None:
    await queued(app, "1", "flood")
    for shop in range(20):
        await queued(app, "1", f"shop-{shop}")
    short = await steps_of_a_choice(app)
    now = app.clock.now()
    more = [jobs.insert(jobs.new(KIND, "flood", f"more-{at}", at=now), now) for at in range(2000)]
    await app.db.batch(*more)
    assert await steps_of_a_choice(app) < short * 1.1
