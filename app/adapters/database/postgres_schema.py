"""Migrations and schema checks on PostgreSQL, from the same SQL files as for SQLite."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import asyncpg

from app.adapters.database.postgres import CONNECT_S
from app.adapters.database.postgres_errors import translate_errors
from app.adapters.database.sqlite_schema import LEDGER, MIGRATIONS
from app.core.times import SystemClock, to_text

LOCK = 0x41727469
"""The key of the advisory lock that lets only one process migrate at a time."""

DIALECT_WORDS = {
    r"\bjson_valid\((\w+)\)": r"(\1) IS JSON",
    r"\bjson_extract\((\w+), '\$\.(\w+)'\)": r"(\1::json ->> '\2')",
    r"\bDOUBLE\b(?! PRECISION)": "DOUBLE PRECISION",
    r"\bCOLLATE BINARY\b": 'COLLATE "C"',
}

SHAPE = """
SELECT c.relname, concat_ws(' ', a.attname, format_type(a.atttypid, a.atttypmod),
                            CASE WHEN a.attnotnull THEN 'NOT NULL' END, pg_get_expr(d.adbin, d.adrelid)) AS fact
  FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
  LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
 WHERE c.relkind = 'r' AND c.relnamespace = current_schema()::regnamespace
UNION ALL
SELECT c.relname, k.conname || ' ' || pg_get_constraintdef(k.oid, true)
  FROM pg_class c JOIN pg_constraint k ON k.conrelid = c.oid AND k.contype <> 'n'  -- the column says NOT NULL itself
 WHERE c.relnamespace = current_schema()::regnamespace
UNION ALL
SELECT c.relname, pg_get_indexdef(i.indexrelid, 0, true)
  FROM pg_class c JOIN pg_index i ON i.indrelid = c.oid
 WHERE c.relnamespace = current_schema()::regnamespace
"""


def migrate(url: str, folder: Path = MIGRATIONS) -> list[str]:
    """Apply the pending migrations, each in its own transaction, and return their file names.

    Starts an event loop, so it must not be called from one.
    """
    scripts = {file.name: translate(file.read_text("utf-8")) for file in sorted(folder.glob("*.sql"))}
    return asyncio.run(_migrate(url, scripts))


def differences(url: str, schema: str) -> list[str]:
    """Compare a database with a schema given as SQL. Returns one line per differing table.

    Starts an event loop, so it must not be called from one.
    """
    return asyncio.run(_differences(url, schema))


def translate(sql: str) -> str:
    """Translate SQLite's dialect to PostgreSQL's."""
    for theirs, ours in DIALECT_WORDS.items():
        sql = re.sub(theirs, ours, sql)
    return sql


async def _migrate(url: str, scripts: Mapping[str, str]) -> list[str]:
    async with open_connection(url) as connection:
        return [name for name, script in scripts.items() if await _apply(connection, name, script)]


async def _apply(connection: Any, name: str, script: str) -> bool:
    async with connection.transaction():
        await connection.execute(f"SELECT pg_advisory_xact_lock({LOCK})")
        await connection.execute(f"CREATE TABLE IF NOT EXISTS {LEDGER} (name TEXT PRIMARY KEY, applied_at TEXT)")
        if await connection.fetchval(f"SELECT 1 FROM {LEDGER} WHERE name = $1", name):  # noqa: S608  # our own table
            return False
        await connection.execute(script)
        applied_at = to_text(SystemClock().now())
        await connection.execute(f"INSERT INTO {LEDGER} VALUES ($1, $2)", name, applied_at)  # noqa: S608  # the same
    return True


async def _differences(url: str, schema: str) -> list[str]:
    """Create the wanted schema next to the existing one, let PostgreSQL describe both, and roll back."""
    async with open_connection(url) as connection:
        transaction = connection.transaction()
        await transaction.start()
        found = await _shape(connection)
        await connection.execute("CREATE SCHEMA artify_wanted; SET LOCAL search_path TO artify_wanted")
        await connection.execute(translate(schema))
        right = await _shape(connection)
        await transaction.rollback()
    return [
        f"{name}: {'missing' if name not in found else 'unknown' if name not in right else 'different'}"
        for name in sorted(right.keys() | found.keys())
        if right.get(name) != found.get(name)
    ]


async def _shape(connection: Any) -> dict[str, set[str]]:
    """The columns, keys, indexes and checks of each table, independent of their order in the SQL."""
    shape: dict[str, set[str]] = {}
    for table, fact in await connection.fetch(SHAPE):
        if table != LEDGER:
            shape.setdefault(table, set()).add(fact)
    return shape


async def applied_migrations(connection: Any) -> list[str]:
    """The file names of the applied migrations, in order."""
    has_ledger = await connection.fetchval("SELECT to_regclass($1)", LEDGER)
    if not has_ledger:
        return []
    rows = await connection.fetch(f"SELECT name FROM {LEDGER} ORDER BY name")  # noqa: S608  # our own table
    return [row["name"] for row in rows]


@asynccontextmanager
async def open_connection(url: str) -> AsyncIterator[Any]:
    """Open a connection without cached prepared statements, since it may go through a connection pooler."""
    with translate_errors():
        connection = await asyncpg.connect(url, timeout=CONNECT_S, statement_cache_size=0)
        try:
            yield connection
        finally:
            await connection.close()
