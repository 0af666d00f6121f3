"""The image of the function that runs jobs: its steps, as far as they go without Docker, and the function in it."""

from __future__ import annotations

import asyncio
import os
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from app import jobs
from app.core.times import SystemClock
from tests import apps
from tests.aws.runtime import sqs_event, started
from tests.deploy.dockerfile import Image, built
from tests.sources import ROOT


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Image:
    asked = {name: value for name, value in os.environ.items() if name.startswith(("PIP_", "SSL_"))}
    return built(ROOT / "Dockerfile.lambda", tmp_path_factory.mktemp("image"), asked)


def test_the_image_prints_with_libvips_and_reads_heic(image: Image) -> None:
    script = (
        "from app.wiring import installed; import pi_heif; print(*(name for name, here in installed().items() if here))"
    )
    assert image.run(f'python -c "{script}"').split() == ["print"]


def test_the_image_holds_the_app_and_nothing_of_the_tests(image: Image) -> None:
    assert {path.name for path in image.here.iterdir()} == {"app", "handlers", "requirements"}
    packages = image.run("pip list --format=freeze")
    assert "asyncpg==" in packages
    assert [name for name in ("pytest", "moto", "playwright", "span") if name in packages] == []


def test_the_function_in_the_image_runs_a_job_that_a_message_names(image: Image, tmp_path: Path) -> None:
    job = asyncio.run(_queued(tmp_path))
    told = image.environ | apps.environ(tmp_path)
    with started("jobs", image.command, tmp_path, told, cwd=image.here) as function:
        assert function(sqs_event(job.id)) == {"batchItemFailures": []}
    with closing(sqlite3.connect(tmp_path / "artify.db")) as handle:
        assert handle.execute("SELECT status FROM jobs").fetchall() == [("done",)]


async def _queued(folder: Path) -> jobs.Job:
    """An uninstall that was never told: it changes nothing."""
    app = apps.make_app(folder, clock=SystemClock())
    await apps.open_shop(app)
    now = app.clock.now()
    job = jobs.new("shops.uninstall", apps.SHOP, "1", at=now)
    await app.db.batch(jobs.insert(job, now))
    await apps.close(app)
    return job
