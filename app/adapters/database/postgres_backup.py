"""Backup and restore of PostgreSQL. The backup is the same SQLite file as for SQLite, so data can move between them."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path
from typing import Any

from sqlalchemy import Table

from app.adapters.database.postgres_schema import applied_migrations, open_connection
from app.adapters.database.sqlite_backup import (
    check_integrity,
    check_versions,
    columns,
    new_backup,
    not_empty_error,
    open_backup,
    row_error,
)
from app.adapters.database.sqlite_schema import migrate
from app.core.errors import ConstraintError
from app.core.tables import metadata

ROWS_AT_ONCE = 500


def backup(url: str, target: Path) -> dict[str, int]:
    """Copy every row from one consistent snapshot to `target`, and return the number of rows by table.

    Raises AppError. Starts an event loop, so it must not be called from one.
    """
    with new_backup(target) as part:
        migrate(part)
        with closing(sqlite3.connect(part)) as copy:
            copy.execute("PRAGMA journal_mode = DELETE")  # a single file, without -wal and -shm beside it
            asyncio.run(_dump(url, copy))
            copy.commit()
            return check_integrity(copy)


def restore(source: Path, url: str, *, replace: bool) -> dict[str, int]:
    """Load a backup into a migrated database in one transaction, and return the number of rows by table.

    `replace` deletes the existing rows first. Raises AppError. Starts an event loop, so it must not be called from one.
    """
    with open_backup(source) as kept:
        rows = check_integrity(kept)
        try:
            asyncio.run(_fill(kept, url, replace=replace))
        except ConstraintError as fault:
            raise row_error(fault) from fault
    return rows


async def _dump(url: str, copy: sqlite3.Connection) -> None:
    async with open_connection(url) as connection, connection.transaction(isolation="repeatable_read", readonly=True):
        check_versions(await applied_migrations(connection))
        for table in metadata.sorted_tables:
            names, values = columns(table), ", ".join("?" * len(table.columns))
            found = connection.cursor(f"SELECT {names} FROM {table.name}", prefetch=ROWS_AT_ONCE)  # noqa: S608
            insert = f"INSERT INTO {table.name} ({names}) VALUES ({values})"  # noqa: S608  # our own names
            async for row in found:
                copy.execute(insert, tuple(row))


async def _fill(kept: sqlite3.Connection, url: str, *, replace: bool) -> None:
    async with open_connection(url) as connection, connection.transaction():
        check_versions(await applied_migrations(connection))
        names = ", ".join(table.name for table in metadata.sorted_tables)
        await connection.execute(f"LOCK TABLE {names} IN ACCESS EXCLUSIVE MODE")
        if not replace and await _has_rows(connection):
            raise not_empty_error()
        await connection.execute(f"TRUNCATE {names}")
        for table in metadata.sorted_tables:  # one COPY per table, since rows may reference each other in any order
            await connection.copy_records_to_table(
                table.name, records=_rows(kept, table), columns=[column.name for column in table.columns]
            )


async def _has_rows(connection: Any) -> bool:
    any_row = " UNION ALL ".join(f"(SELECT 1 FROM {table.name} LIMIT 1)" for table in metadata.sorted_tables)  # noqa: S608
    return await connection.fetchrow(any_row) is not None


async def _rows(kept: sqlite3.Connection, table: Table) -> AsyncIterator[Any]:
    for row in kept.execute(f"SELECT {columns(table)} FROM {table.name}"):  # noqa: S608  # our own names
        yield row
