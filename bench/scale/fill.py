"""Fill a new database with the rows of every capability: SQLite by inserts, PostgreSQL by COPY from an SQLite file.

Indexes are built after the rows, and foreign keys are checked at the end.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import asyncpg

from app.core.lazy import load
from app.wiring import migrate
from bench.scale.dataset import Dataset
from bench.scale.rows import FILLERS
from bench.scale.rows.messages import Messages

LEDGER = "schema_migrations"
FAST = ("journal_mode = OFF", "synchronous = OFF", "temp_store = MEMORY", "cache_size = -1000000")
"""Settings for a file that is written once and thrown away if that fails. The cache is a gigabyte."""
FOREIGN_KEYS = """
SELECT conrelid::regclass::text AS table, conname AS name, pg_get_constraintdef(oid) AS definition
  FROM pg_constraint WHERE contype = 'f' AND connamespace = current_schema()::regnamespace
"""
INDEXES = """
SELECT i.relname AS name, pg_get_indexdef(i.oid) AS definition
  FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid
 WHERE i.relnamespace = current_schema()::regnamespace
   AND NOT EXISTS (SELECT 1 FROM pg_constraint c WHERE c.conindid = i.oid AND c.contype IN ('p', 'u'))
"""


def fill_sqlite(path: Path, scale: float, now_ms: int) -> None:
    """Create a migrated database at `path`, whose folder exists, with rows that end at `now_ms`.

    Raises RuntimeError if a foreign key is broken.
    """
    if path.exists():
        raise FileExistsError(path)
    migrate(f"sqlite:///{path}")
    with closing(sqlite3.connect(path, isolation_level=None)) as handle:
        for pragma in FAST:
            handle.execute(f"PRAGMA {pragma}")
        indexes = handle.execute("SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL")
        definitions = dict(indexes.fetchall())
        for name in definitions:
            handle.execute(f"DROP INDEX {name}")
        handle.execute("BEGIN")
        _add_rows(Dataset(handle, scale, now_ms))
        handle.execute("COMMIT")
        for definition in definitions.values():
            handle.execute(definition)
        handle.execute(
            "UPDATE quotas SET current_storage_bytes = (SELECT coalesce(sum(bytes), 0) FROM assets "
            "WHERE assets.shop_id = quotas.shop_id AND deleted_at IS NULL)"
        )
        if broken := handle.execute("PRAGMA foreign_key_check").fetchone():
            raise RuntimeError(f"a foreign key of {broken[0]} is broken: {broken}")
        handle.execute("PRAGMA journal_mode = WAL")


async def copy_to_postgres(source: Path, url: str) -> None:
    """Copy all rows of an SQLite file to a migrated, empty PostgreSQL database, which is not analyzed meanwhile."""
    connection = await asyncpg.connect(url, statement_cache_size=0)
    try:
        await connection.execute("SET maintenance_work_mem = '512MB'")
        keys, indexes = await connection.fetch(FOREIGN_KEYS), await connection.fetch(INDEXES)
        for key in keys:
            await connection.execute(f"ALTER TABLE {key['table']} DROP CONSTRAINT {key['name']}")
        for index in indexes:
            await connection.execute(f"DROP INDEX {index['name']}")
        with closing(sqlite3.connect(source)) as handle:
            for table, columns in _tables(handle).items():
                await connection.execute(f"ALTER TABLE {table} SET (autovacuum_enabled = off)")
                names = ", ".join(f'"{column}"' for column in columns)
                rows: Any = handle.execute(f"SELECT {names} FROM {table}")
                await connection.copy_records_to_table(table, records=rows, columns=columns)
        for index in indexes:
            await connection.execute(index["definition"])
        for key in keys:
            await connection.execute(f"ALTER TABLE {key['table']} ADD CONSTRAINT {key['name']} {key['definition']}")
    finally:
        await connection.close()


def row_counts(path: Path) -> dict[str, int]:
    """The number of rows of each table of an SQLite file."""
    with closing(sqlite3.connect(path)) as handle:
        return {table: int(handle.execute(f"SELECT count(*) FROM {table}").fetchone()[0]) for table in _tables(handle)}


def _add_rows(data: Dataset) -> None:
    messages = Messages(data)
    for name in FILLERS.values():
        load(name)(data, messages)
        data.flush()


def _tables(handle: sqlite3.Connection) -> dict[str, Sequence[str]]:
    """The columns of each table, apart from the ledger of migrations."""
    names = [name for (name,) in handle.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    return {
        name: [row[1] for row in handle.execute(f"PRAGMA table_info('{name}')")]
        for name in sorted(names)
        if name != LEDGER and not name.startswith("sqlite_")
    }
