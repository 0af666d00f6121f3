"""The Database port on SQLite: one file in WAL mode with one writer, for development, tests and single servers."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

from app.adapters import file_permissions
from app.adapters.database.sql import Sql, compile_sql
from app.adapters.database.sqlite_dialect import DIALECT, constraint
from app.core.errors import Refused, Unavailable
from app.core.ports.database import Result, Row

BUSY_S = 5.0
"""How long a statement waits for another process's write before it fails, in seconds."""
READERS = 4
"""The maximum number of reads of one process at a time. One that takes long then delays no other."""
SCRUB_S = 1.0
"""How long scrubbing waits for readers, in seconds. Writers wait as long, so it must stay well under BUSY_S."""
TRANSIENT = {
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_LOCKED,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_CANTOPEN,
}


class SqliteDatabase:
    """Database on SQLite, with one connection for writes and several for reads, so that reads never wait for a write.

    A read that begins after a batch has been committed sees it, on whichever connection.
    """

    def __init__(self, path: Path):
        self._path = path
        self._reads = _Connections(path, READERS, read_only=True)
        self._writes = _Connections(path, 1, read_only=False)

    async def one(self, statement: Any) -> Row | None:
        rows = await self.all(statement)
        return rows[0] if rows else None

    async def all(self, statement: Any) -> Sequence[Row]:
        sql = compile_sql(statement, DIALECT)
        return sql.read(await self._reads.call(_select, sql))

    async def batch(self, *statements: Any) -> Sequence[Result]:
        sqls = [compile_sql(statement, DIALECT) for statement in statements]
        connection = self._reads if all(sql.is_select for sql in sqls) else self._writes
        results: list[Result] = await connection.call(_transaction, sqls)
        return results

    async def scrub(self) -> bool:
        """Checkpoint the write-ahead log and truncate it to zero bytes.

        The database overwrites deleted content (secure_delete), but the log still contains the earlier pages. Returns
        False if a reader that started earlier needs the log for longer than SCRUB_S.
        """
        done: bool = await self._writes.call(_truncate_log, None)
        return done

    async def close(self) -> None:
        await self._reads.close()
        await self._writes.close()


class _Connections:
    """Up to `count` connections, each with its own thread, opened when they are first needed."""

    def __init__(self, path: Path, count: int, *, read_only: bool):
        self._path = path
        self._count = count
        self._read_only = read_only
        self._threads = self._new_threads()
        self._own = threading.local()
        self._handles: list[sqlite3.Connection] = []

    async def call(self, work: Any, argument: Any) -> Any:
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._run, work, argument)

    async def close(self) -> None:
        """Close the connections once their work is done. Later calls open new ones."""
        threads, self._threads = self._threads, self._new_threads()
        await asyncio.to_thread(threads.shutdown)
        self._own = threading.local()
        while self._handles:
            self._handles.pop().close()

    def _run(self, work: Any, argument: Any) -> Any:
        try:
            return work(self._handle(), argument)
        except sqlite3.IntegrityError as fault:
            raise constraint(str(fault)) from fault
        except sqlite3.OperationalError as fault:
            if fault.sqlite_errorcode & 0xFF not in TRANSIENT:
                raise
            raise Unavailable("The database is busy. Try again.", code="database_unavailable") from fault

    def _handle(self) -> sqlite3.Connection:
        """Return this thread's connection."""
        handle: sqlite3.Connection | None = getattr(self._own, "handle", None)
        if handle is None:
            handle = self._own.handle = connect(self._path)
            self._handles.append(handle)
            if self._read_only:
                handle.execute("PRAGMA query_only = ON")
        return handle

    def _new_threads(self) -> ThreadPoolExecutor:
        """Return an executor whose threads start when no other one is idle."""
        return ThreadPoolExecutor(self._count, thread_name_prefix="sqlite")


def connect(path: Path) -> sqlite3.Connection:
    """Open a connection with the app's settings: WAL, foreign keys, and full durability, so that a paid order survives
    a power failure.

    Deleted content is overwritten with zeros, and no temporary files are used. Only the owner can read a database that
    is created here; SQLite gives its -wal and -shm files the same mode.
    """
    file_permissions.make_folder(path.parent)
    with suppress(OSError):  # connecting below raises a clearer error
        path.touch(file_permissions.FILE_MODE)
    handle = sqlite3.connect(path, timeout=BUSY_S, isolation_level=None, check_same_thread=False)
    for pragma in ("journal_mode = WAL", "foreign_keys = ON", "synchronous = FULL", "secure_delete = ON"):
        handle.execute(f"PRAGMA {pragma}")
    handle.execute("PRAGMA temp_store = MEMORY")
    return handle


def _truncate_log(handle: sqlite3.Connection, _: None) -> bool:
    handle.execute(f"PRAGMA busy_timeout = {round(SCRUB_S * 1000)}")
    try:
        busy, *_pages = handle.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    finally:
        handle.execute(f"PRAGMA busy_timeout = {round(BUSY_S * 1000)}")
    return not busy


def _select(handle: sqlite3.Connection, sql: Sql) -> list[Any]:
    return handle.execute(sql.text, sql.values).fetchall()


def _transaction(handle: sqlite3.Connection, sqls: Sequence[Sql]) -> list[Result]:
    handle.execute("BEGIN" if all(sql.is_select for sql in sqls) else "BEGIN IMMEDIATE")
    try:
        results = [_step(handle, sql) for sql in sqls]
        handle.execute("COMMIT")
    except BaseException:
        if handle.in_transaction:
            handle.execute("ROLLBACK")
        raise
    return results


def _step(handle: sqlite3.Connection, sql: Sql) -> Result:
    cursor = handle.execute(sql.text, sql.values)
    rows = sql.read(cursor.fetchall()) if sql.columns else []
    count = max(cursor.rowcount, 0)
    if sql.expect and count != sql.expect.rows:
        raise Refused(sql.expect.code)
    return Result(rows, count)
