"""`artify jobs`: what is open or was given up, running it, and starting one again."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from app import jobs
from app.core.app import App
from app.jobs.tables import jobs as table
from handlers.cli import main
from tests import processes
from tests.apps import close, environ, make_app

START_S = 30


@pytest.fixture(autouse=True)
def installation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name, value in environ(tmp_path).items():
        monkeypatch.setenv(name, value)
    within(tmp_path, _nothing)
    return tmp_path


def within(folder: Path, work: Callable[[App], Coroutine[Any, Any, Any]]) -> Any:
    """What the work gives, on an App of its own."""

    async def on_app() -> Any:
        app = make_app(folder)
        try:
            return await work(app)
        finally:
            await close(app)

    return asyncio.run(on_app())


async def _nothing(app: App) -> None:
    """Only make the database."""


def job_in(folder: Path, status: str, kind: str = "shops.uninstall") -> str:
    """The id of a job that ended up so; what it is about does not exist."""
    now = datetime.now(UTC)
    job = jobs.new(kind, "a.myshopify.com", "subject", at=now)

    async def insert(app: App) -> None:
        await app.db.batch(
            jobs.insert(job, now), update(table).values(status=status, attempts=3, last_error="shopify_refused")
        )

    within(folder, insert)
    return job.id


def status_of(folder: Path, job_id: str) -> str:
    async def read(app: App) -> str:
        job = await jobs.job(app.db, job_id)
        assert job is not None
        return job.status

    return str(within(folder, read))


def test_list_says_that_nothing_is_open(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["jobs", "list"]) == 0
    assert capsys.readouterr().out == "0 jobs\n"


@pytest.mark.parametrize("status", ["pending", "running", "failed", "dead"])
def test_list_shows_a_job_with_its_state_kind_and_fault(
    installation: Path, capsys: pytest.CaptureFixture[str], status: str
) -> None:
    job_id = job_in(installation, status)
    assert main(["jobs", "list"]) == 0
    line, count = capsys.readouterr().out.splitlines()
    assert line.split()[:3] == [job_id, status, "3"]
    assert line.endswith("shops.uninstall  shopify_refused")
    assert count == "1 job"


@pytest.mark.parametrize("status", ["failed", "dead", "cancelled"])
def test_retry_queues_a_job_again(installation: Path, capsys: pytest.CaptureFixture[str], status: str) -> None:
    job_id = job_in(installation, status)
    assert main(["jobs", "retry", job_id]) == 0
    assert capsys.readouterr().out == "queued again\n"
    assert status_of(installation, job_id) == "pending"


@pytest.mark.parametrize("status", ["pending", "running", "done"])
def test_retry_leaves_a_job_that_was_not_given_up(
    installation: Path, capsys: pytest.CaptureFixture[str], status: str
) -> None:
    job_id = job_in(installation, status)
    assert main(["jobs", "retry", job_id]) == 2
    assert capsys.readouterr().err == "There is no failed job with this id.\n"
    assert status_of(installation, job_id) == status


def test_retry_of_an_id_that_nobody_has_is_one_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["jobs", "retry", "nobody"]) == 2
    assert capsys.readouterr().err == "There is no failed job with this id.\n"


def test_a_missing_setting_is_named(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.delenv("LINK_KEY")
    assert main(["jobs", "list"]) == 2
    assert "LINK_KEY is missing" in capsys.readouterr().err


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
def test_run_does_what_is_due_until_it_is_stopped(installation: Path, stop: signal.Signals) -> None:
    job_id = job_in(installation, "pending")
    worker = processes.start(
        [sys.executable, "-m", "handlers.cli", "jobs", "run"], env=os.environ, stderr=subprocess.PIPE, text=True
    )
    assert worker.stderr is not None
    with worker:
        try:
            assert any('"job_done"' in line for line in worker.stderr)
            worker.send_signal(stop)
            assert worker.wait(START_S) == 0
        finally:
            worker.kill()
    assert status_of(installation, job_id) == "done"
