"""Reading and changing an SQLite file that a running app has open."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

BUSY_S = 10.0


def rows(path: Path, sql: str, *values: Any) -> list[dict[str, Any]]:
    with _connected(path) as handle:
        return [dict(row) for row in handle.execute(sql, values)]


def execute(path: Path, *statements: str) -> None:
    """All or nothing."""
    with _connected(path) as handle:
        handle.execute("BEGIN IMMEDIATE")
        for statement in statements:
            handle.execute(statement)
        handle.execute("COMMIT")


@contextmanager
def _connected(path: Path) -> Iterator[sqlite3.Connection]:
    handle = sqlite3.connect(f"file:{path}?mode=rw", uri=True, timeout=BUSY_S, isolation_level=None)
    handle.row_factory = sqlite3.Row
    try:
        yield handle
    finally:
        handle.close()
