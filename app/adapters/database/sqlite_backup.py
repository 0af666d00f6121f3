"""Backup and restore of SQLite, and what they share with PostgreSQL's. A backup is one SQLite file with every row.

A backup can be taken while the app is running and is a consistent snapshot. Only its owner can read the file.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

from sqlalchemy import Table

from app.adapters import file_permissions
from app.adapters.database.sqlite import connect
from app.adapters.database.sqlite_dialect import constraint
from app.adapters.database.sqlite_schema import LEDGER, MIGRATIONS
from app.core.errors import AppError, BadRequest, Conflict, ConstraintError
from app.core.tables import metadata


def backup(path: Path, target: Path) -> dict[str, int]:
    """Copy a database with SQLite's online backup, and return the number of rows by table. Raises AppError."""
    if not path.exists():  # connecting would create an empty database
        raise BadRequest(f"There is no database at {path}.")
    with new_backup(target) as part, closing(connect(path)) as source, closing(sqlite3.connect(part)) as copy:
        check_versions(applied_migrations(source))
        source.backup(copy)
        copy.execute("PRAGMA journal_mode = DELETE")  # a single file, without -wal and -shm beside it
        return check_integrity(copy)


def restore(source: Path, path: Path, *, replace: bool) -> dict[str, int]:
    """Load a backup into a migrated database in one transaction, and return the number of rows by table.

    `replace` deletes the existing rows first. Raises AppError.
    """
    with open_backup(source) as kept:
        rows = check_integrity(kept)
    if not path.exists():
        raise BadRequest(f"There is no database at {path}. Run `artify db migrate` first.")
    with closing(connect(path)) as target:
        check_versions(applied_migrations(target))
        target.execute("ATTACH ? AS kept", [str(source)])
        target.execute("BEGIN IMMEDIATE")
        try:
            _refill(target, replace=replace)
            target.execute("COMMIT")
        except sqlite3.IntegrityError as fault:  # closing the connection rolls back
            raise row_error(constraint(str(fault))) from fault
    return rows


@contextmanager
def new_backup(target: Path) -> Iterator[Path]:
    """Yield a temporary path for a backup, and give the file its final name once it is complete.

    Raises Conflict if that name is taken.
    """
    if target.exists():
        raise Conflict(f"{target} already exists. Choose another name.", code="backup_exists")
    file_permissions.make_folder(target.parent)
    part = target.with_name(f"{target.name}.part")
    part.unlink(missing_ok=True)
    os.close(os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, file_permissions.FILE_MODE))
    try:
        yield part
        with part.open("rb") as handle:
            os.fsync(handle.fileno())
        os.link(part, target)  # unlike a rename, this never replaces an existing file
    finally:
        part.unlink(missing_ok=True)


@contextmanager
def open_backup(source: Path) -> Iterator[sqlite3.Connection]:
    """Open a backup read-only. Raises BadRequest if it is not a backup, Conflict if another version made it."""
    if not source.is_file():
        raise BadRequest(f"There is no file {source}.")
    with closing(sqlite3.connect(f"{source.resolve().as_uri()}?mode=ro", uri=True)) as kept:
        try:
            check_versions(applied_migrations(kept))
        except sqlite3.DatabaseError as fault:
            raise BadRequest(f"{source} is not a backup, or it is damaged.", code="not_a_backup") from fault
        yield kept


def applied_migrations(handle: sqlite3.Connection) -> list[str]:
    """The file names of the applied migrations, in order."""
    has_ledger = handle.execute("SELECT 1 FROM sqlite_master WHERE name = ?", [LEDGER]).fetchone()
    return [name for (name,) in handle.execute(f"SELECT name FROM {LEDGER} ORDER BY name")] if has_ledger else []  # noqa: S608


def check_versions(done: Sequence[str]) -> None:
    """Raise Conflict unless the applied migrations are exactly those of this version."""
    wanted = sorted(file.name for file in MIGRATIONS.glob("*.sql"))
    if list(done) != wanted:
        found = done[-1] if done else "none"
        raise Conflict(
            f"Its last migration is {found}, but this version's is {wanted[-1]}. Use the version that created it, "
            "then run `artify db migrate`.",
            code="other_version",
        )


def check_integrity(handle: sqlite3.Connection) -> dict[str, int]:
    """Return the number of rows by table. Raises BadRequest if pages are damaged or foreign keys are broken."""
    damage = handle.execute("PRAGMA quick_check").fetchall() != [("ok",)]
    if damage or handle.execute("PRAGMA foreign_key_check").fetchone():
        raise BadRequest("The backup is damaged.", code="not_a_backup")
    return {table.name: _count(handle, table.name) for table in metadata.sorted_tables}


def columns(table: Table) -> str:
    return ", ".join(f'"{column.name}"' for column in table.columns)


def not_empty_error() -> AppError:
    return Conflict(
        "The database is not empty. Pass --replace to delete its rows and restore the backup.", code="not_empty"
    )


def row_error(fault: ConstraintError) -> AppError:
    return BadRequest(
        f"The database refuses a row of the backup because of the constraint {fault.name}.", code="not_a_backup"
    )


def _refill(target: sqlite3.Connection, *, replace: bool) -> None:
    target.execute("PRAGMA defer_foreign_keys = ON")  # a row may reference a later row of its own table
    for table in reversed(metadata.sorted_tables):
        if not replace and _count(target, table.name):
            raise not_empty_error()
        target.execute(f"DELETE FROM {table.name}")  # noqa: S608  # our own names
    for table in metadata.sorted_tables:
        names = columns(table)
        target.execute(f"INSERT INTO main.{table.name} ({names}) SELECT {names} FROM kept.{table.name}")  # noqa: S608


def _count(handle: sqlite3.Connection, name: str) -> int:
    return int(handle.execute(f"SELECT count(*) FROM {name}").fetchone()[0])  # noqa: S608  # our own names
