"""Migrations and schema checks on SQLite, using sqlite-utils."""

from __future__ import annotations

import re
import sqlite3
from pathlib import Path
from typing import Any

from app.adapters.database.sqlite import connect
from app.core.times import SystemClock, to_text

MIGRATIONS = Path(__file__).parents[3] / "migrations"
LEDGER = "schema_migrations"
STATISTICS = "sqlite_stat"
"""How the names of the tables begin that ANALYZE creates."""
# Matches brackets three levels deep. It cannot match whole lines: an added column shares its line with others.
_CHECK = re.compile(r"CONSTRAINT (ck_\w+ CHECK \((?:[^()]|\((?:[^()]|\([^()]*\))*\))*\))")


def migrate(path: Path, folder: Path = MIGRATIONS) -> list[str]:
    """Apply the pending migrations, each in its own transaction, and return their file names."""
    import sqlite_utils

    handle = connect(path)
    try:
        ledger = sqlite_utils.Database(handle).table(LEDGER)
        ledger.create({"name": str, "applied_at": str}, pk="name", if_not_exists=True)
        done = {row["name"] for row in ledger.rows}
        fresh = [file for file in sorted(folder.glob("*.sql")) if file.name not in done]
        for file in fresh:
            _apply(handle, file)
        return [file.name for file in fresh]
    finally:
        handle.close()


def differences(path: Path, schema: str) -> list[str]:
    """Compare a database with a schema given as SQL. Returns one line per differing table."""
    if not path.exists():  # connecting would create an empty database
        return [f"{path}: missing"]
    ours, theirs = sqlite3.connect(":memory:"), connect(path)
    try:
        ours.executescript(schema)
        right, found = shape(ours), shape(theirs)
        return [
            f"{name}: {'missing' if name not in found else 'unknown' if name not in right else 'different'}"
            for name in sorted(right.keys() | found.keys())
            if right.get(name) != found.get(name)
        ]
    finally:
        ours.close()
        theirs.close()


def shape(handle: sqlite3.Connection) -> dict[str, Any]:
    """The columns, keys, indexes and checks of each table, independent of their order in the SQL."""
    import sqlite_utils

    database = sqlite_utils.Database(handle)
    ours = [name for name in database.table_names() if name != LEDGER and not name.startswith(STATISTICS)]
    return {name: _table(handle, name) for name in ours}


def _apply(handle: sqlite3.Connection, file: Path) -> None:
    applied = f"INSERT INTO {LEDGER} VALUES ('{file.name}', '{to_text(SystemClock().now())}');"  # noqa: S608  # our own file names
    try:
        handle.executescript(f"BEGIN IMMEDIATE;\n{file.read_text()}\n{applied}\nCOMMIT;")
    except sqlite3.Error:
        if handle.in_transaction:
            handle.execute("ROLLBACK")
        raise


def _table(handle: sqlite3.Connection, name: str) -> dict[str, Any]:
    (sql,) = handle.execute("SELECT sql FROM sqlite_master WHERE type = 'table' AND name = ?", [name]).fetchone()
    indexes = handle.execute("SELECT name, sql FROM sqlite_master WHERE type = 'index' AND tbl_name = ?", [name])
    return {
        "columns": {row[1:] for row in handle.execute(f"PRAGMA table_info('{name}')")},
        "foreign_keys": {row[2:] for row in handle.execute(f"PRAGMA foreign_key_list('{name}')")},
        "uniques": {_columns(handle, row[1]) for row in handle.execute(f"PRAGMA index_list('{name}')") if row[2]},
        "indexes": {" ".join(text.split()) for _, text in indexes if text},
        "checks": set(_CHECK.findall(sql)),
    }


def _columns(handle: sqlite3.Connection, index: str) -> tuple[str, ...]:
    return tuple(row[2] for row in handle.execute(f"PRAGMA index_info('{index}')"))
