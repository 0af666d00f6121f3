"""No request, no write and no idle sweep reads what grows: the plans of every use case on 1 % of a full database."""

from __future__ import annotations

import asyncio
import fnmatch
import shutil
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from bench.scale import explain, measure
from bench.scale.explain import Finding
from bench.scale.fill import copy_to_postgres, fill_sqlite
from bench.scale.recorder import Recorded
from bench.scale.report import is_bounded
from bench.scale.site import opened
from bench.scale.use_cases import UNMEASURED_KINDS, UNMEASURED_ROUTES, USE_CASES
from handlers.jobs import KINDS
from handlers.routes import ROUTES
from tests import postgres

SCALE = 0.01
FULL_SIZE = round(1 / SCALE)
KNOWN = {
    "*, Home*: all rows of a shop of order_items along ix_order_items_shop_id_state_created_at_id": (
        "counts the lines by state along the index, 33,000 in the largest shop: milliseconds"
    ),
    "*, Home*: all rows of a shop of products along ix_products_enabled": "counts the enabled products along the index",
    "postgres, Orders, *: sort of all rows of a shop of sizes along ix_sizes_named": (
        "groups the sizes by name, if a line of the page needs one"
    ),
    "postgres, Home*: sort of all rows of a shop of product_styles *": (
        "reads the styles of one page of products, and PostgreSQL guesses that the page is the whole shop"
    ),
    "postgres, sync the last page of products: all rows of a shop of products *": "archives what Shopify does not list",
}
"""Reads that grow and are accepted: patterns of `database, use case: read`, and why."""


@dataclass(frozen=True)
class Day:
    """The statements of all use cases, with the routes and the kinds of job that they used."""

    recorded: Sequence[Recorded]
    routes: set[str]
    kinds: set[str]


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with 1 % of the rows of a full one, which stays as it is."""
    path = tmp_path_factory.mktemp("scale") / "filled.sqlite"
    fill_sqlite(path, SCALE, int(time.time() * 1000))
    return path


@pytest.fixture(scope="module")
def on_sqlite(filled: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Day]:
    """The address of a database on which every use case has run, and what was recorded."""
    folder = tmp_path_factory.mktemp("sqlite")
    url = f"sqlite:///{shutil.copy(filled, folder)}"
    return url, asyncio.run(lived(url, folder))


@pytest.fixture(scope="module")
def on_postgres(filled: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Day]:
    """As on_sqlite. The planner is told that each table has as many rows as at full size."""
    url = postgres.migrated()
    asyncio.run(copy_to_postgres(filled, url))
    asyncio.run(explain.analyze(url))
    asyncio.run(explain.grow_statistics(url, FULL_SIZE))
    return url, asyncio.run(lived(url, tmp_path_factory.mktemp("postgres")))


async def lived(url: str, folder: Path) -> Day:
    """Run every use case once, for the largest shop."""
    async with opened(url, folder) as site:
        await measure.record(site, USE_CASES)
        return Day(site.recorder.recorded, site.used_routes, site.used_kinds)


@pytest.fixture(scope="module")
def growing(on_sqlite: tuple[str, Day], on_postgres: tuple[str, Day]) -> set[str]:
    """Every read that grows, on SQLite with and without statistics, and on PostgreSQL with them."""
    (url, day), (postgres_url, postgres_day) = on_sqlite, on_postgres
    found = named("sqlite", asyncio.run(explain.findings(url, day.recorded)))
    asyncio.run(explain.analyze(url))
    asyncio.run(explain.grow_statistics(url, FULL_SIZE))
    found |= named("sqlite", asyncio.run(explain.findings(url, day.recorded)))
    explained = explain.findings(postgres_url, postgres_day.recorded, by_rows=True)
    return found | named("postgres", asyncio.run(explained))


def named(database: str, findings: Sequence[Finding]) -> set[str]:
    return {f"{database}, {each.use_case}: {each.growth}" for each in findings if is_bounded(each)}


def test_no_read_grows_on_a_requests_way_in_a_write_or_in_an_idle_sweep(growing: set[str]) -> None:
    unknown = [read for read in sorted(growing) if not any(fnmatch.fnmatchcase(read, each) for each in KNOWN)]
    assert not unknown, "\n".join(["reads that grow:", *unknown])


def test_every_known_read_still_grows(growing: set[str]) -> None:
    assert [each for each in KNOWN if not fnmatch.filter(growing, each)] == []


def test_every_route_has_a_use_case(on_sqlite: tuple[str, Day]) -> None:
    assert {str(route.name) for route in ROUTES} - on_sqlite[1].routes == set(UNMEASURED_ROUTES)


def test_every_kind_of_job_has_a_use_case(on_sqlite: tuple[str, Day]) -> None:
    assert set(KINDS) - on_sqlite[1].kinds == set(UNMEASURED_KINDS)
