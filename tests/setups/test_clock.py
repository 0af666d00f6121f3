"""A step of the clock moves every stored time by the same, whatever the database."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from app.core.tables import Time, metadata
from tests import apps, postgres
from tests.setups import clock, sqlite_file

STORED = "2026-03-01T00:00:00.250Z"
AN_HOUR_BEFORE = "2026-02-28T23:00:00.250Z"
COUNTED = f"INSERT INTO rate_limits (key, window_start, count, expires_at) VALUES ('k', '{STORED}', 1, '{STORED}')"
A_SHOP = f"INSERT INTO shops (id, created_at, updated_at) VALUES ('s', '{STORED}', '{STORED}')"


def on_sqlite(folder: Path, *statements: str) -> list[dict[str, object]]:
    path = apps.migrated(folder)
    sqlite_file.execute(path, *statements)
    return sqlite_file.rows(path, "SELECT window_start, expires_at, installed_at FROM rate_limits, shops")


def on_postgres(folder: Path, *statements: str) -> list[dict[str, object]]:
    url = postgres.migrated()
    postgres.execute(url, ";\n".join(statements))
    return postgres.rows(url, "SELECT window_start, expires_at, installed_at FROM rate_limits, shops")


@pytest.mark.parametrize(("dialect", "run"), [("sqlite", on_sqlite), ("postgres", on_postgres)])
def test_every_time_moves_back_and_what_is_not_there_stays_so(
    dialect: clock.Dialect, run: Callable[..., list[dict[str, object]]], tmp_path: Path
) -> None:
    found = run(tmp_path, COUNTED, A_SHOP, *clock.moved_back(timedelta(hours=1), dialect))
    assert found == [{"window_start": AN_HOUR_BEFORE, "expires_at": AN_HOUR_BEFORE, "installed_at": None}]


def test_no_time_of_any_table_is_left_out() -> None:
    statements = " ".join(clock.moved_back(timedelta(hours=1), "sqlite"))
    times = [column for table in metadata.sorted_tables for column in table.columns if isinstance(column.type, Time)]
    assert len(times) >= 40
    assert statements.count("strftime(") == len(times)
