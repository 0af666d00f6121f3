"""Explains recorded statements on the database that they were recorded on, with their values."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Sequence
from contextlib import closing
from dataclasses import dataclass

import asyncpg

from app.core.tables import metadata
from app.wiring import sqlite_path
from bench.scale import plans
from bench.scale.plans import Growth, Indexes
from bench.scale.recorder import Recorded

MOST_OF_A_TABLE = 0.2
"""A partial index that holds a larger share of its table's rows is treated like one of the whole table."""


@dataclass(frozen=True)
class Finding:
    """A read that grows in a statement of a use case."""

    use_case: str
    growth: Growth
    in_write: bool
    text: str


async def findings(database_url: str, recorded: Sequence[Recorded], *, by_rows: bool = False) -> list[Finding]:
    """Explain each statement, and return what grows, apart from small tables.

    `by_rows` lets PostgreSQL choose the plan that reads the fewest rows, whatever the pages that they are on.
    """
    if database_url.startswith("sqlite"):
        return _sqlite_findings(database_url, recorded)
    return await _postgres_findings(database_url, recorded, by_rows=by_rows)


async def grow_statistics(database_url: str, times: int) -> None:
    """Tell the planner, after `analyze`, that each table has so many times its rows.

    It then plans as on a large database. On a small one it scans tables where it would otherwise use an index.
    """
    if database_url.startswith("sqlite"):
        with closing(sqlite3.connect(sqlite_path(database_url))) as handle, handle:
            for rowid, stat in handle.execute("SELECT rowid, stat FROM sqlite_stat1").fetchall():
                rows, space, rest = stat.partition(" ")  # the rows of the index, then those of each value
                grown = f"{int(rows) * times}{space}{rest}"
                handle.execute("UPDATE sqlite_stat1 SET stat = ? WHERE rowid = ?", (grown, rowid))
        return
    connection = await asyncpg.connect(database_url, statement_cache_size=0)
    try:
        await connection.execute(
            f"UPDATE pg_class SET reltuples = reltuples * {times} "
            "WHERE relkind = 'r' AND relnamespace = current_schema()::regnamespace"
        )
    finally:
        await connection.close()


async def analyze(database_url: str) -> None:
    """Collect the statistics that the planner uses. PostgreSQL's tables are vacuumed as well, as autovacuum does."""
    if database_url.startswith("sqlite"):
        with closing(sqlite3.connect(sqlite_path(database_url))) as handle:
            handle.execute("ANALYZE")
        return
    connection = await asyncpg.connect(database_url, statement_cache_size=0)
    try:
        await connection.execute("VACUUM ANALYZE")
    finally:
        await connection.close()


def _sqlite_findings(database_url: str, recorded: Sequence[Recorded]) -> list[Finding]:
    with closing(sqlite3.connect(sqlite_path(database_url))) as handle:
        indexes = Indexes(_rare_partial_indexes(handle), _index_columns(handle))
        found = []
        for each in recorded:
            plan = handle.execute(f"EXPLAIN QUERY PLAN {each.sql.text}", each.sql.values).fetchall()
            lines = [(step, parent, text) for step, parent, _, text in plan]
            found += _found(each, plans.sqlite_growth(each.sql.text, lines, metadata.tables, indexes))
        return found


async def _postgres_findings(database_url: str, recorded: Sequence[Recorded], *, by_rows: bool) -> list[Finding]:
    connection = await asyncpg.connect(database_url, statement_cache_size=0)
    try:
        if by_rows:
            await connection.execute("SET cpu_tuple_cost = 1; SET cpu_index_tuple_cost = 0.5")
        indexes, found = Indexes(await _rare_partial_indexes_of_postgres(connection), {}), []
        for each in recorded:
            rows = await connection.fetch(f"EXPLAIN (FORMAT JSON) {each.sql.text}", *each.sql.values)
            found += _found(each, plans.postgres_growth(plans.plan_of(rows), metadata.tables, indexes))
        return found
    finally:
        await connection.close()


def _found(each: Recorded, growths: Collection[Growth]) -> list[Finding]:
    return [
        Finding(each.use_case, growth, each.in_write, each.sql.text)
        for growth in sorted(growths)
        if not plans.is_allowed(growth)
    ]


def _rare_partial_indexes(handle: sqlite3.Connection) -> set[str]:
    """The partial indexes that hold few of their table's rows."""
    named = handle.execute(
        "SELECT name, tbl_name, sql FROM sqlite_master WHERE type = 'index' AND sql LIKE '% WHERE %'"
    )
    rare = set()
    for name, table, sql in named.fetchall():
        condition = sql.partition(" WHERE ")[2]
        (held,) = handle.execute(f"SELECT count(*) FROM {table} WHERE {condition}").fetchone()
        (rows,) = handle.execute(f"SELECT count(*) FROM {table}").fetchone()
        if held <= rows * MOST_OF_A_TABLE:
            rare.add(str(name))
    return rare


def _index_columns(handle: sqlite3.Connection) -> dict[str, list[str]]:
    """The columns of each index. PostgreSQL's plans show a LIMIT where an index gives the first or last row."""
    names = [name for (name,) in handle.execute("SELECT name FROM sqlite_master WHERE type = 'index'")]
    return {name: [row[2] for row in handle.execute(f"PRAGMA index_info('{name}')")] for name in names}


async def _rare_partial_indexes_of_postgres(connection: asyncpg.Connection) -> set[str]:
    named = await connection.fetch(
        "SELECT i.relname AS name, t.relname AS table, pg_get_expr(x.indpred, x.indrelid) AS condition FROM pg_index x "
        "JOIN pg_class i ON i.oid = x.indexrelid JOIN pg_class t ON t.oid = x.indrelid "
        "WHERE x.indpred IS NOT NULL AND t.relnamespace = current_schema()::regnamespace"
    )
    rare = set()
    for row in named:
        held = await connection.fetchval(f"SELECT count(*) FROM {row['table']} WHERE {row['condition']}")
        rows = await connection.fetchval(f"SELECT count(*) FROM {row['table']}")
        if held <= rows * MOST_OF_A_TABLE:
            rare.add(str(row["name"]))
    return rare
