"""Database on PostgreSQL 16 or later, by asyncpg.

Safe behind a pooler that gives each transaction another connection: everything, reads too, runs in
a transaction, by unnamed prepared statements, and settings are made for the transaction alone.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
from sqlalchemy import Dialect, Float
from sqlalchemy.dialects.postgresql import asyncpg as dialects

from app.adapters.database.postgres_errors import COLLISIONS, LOST, our_errors
from app.adapters.database.sql import Sql, compile_sql
from app.core.errors import Refused
from app.core.ports.database import Result, Row


class _Double(Float[float]):
    """SQLAlchemy's own asks the driver for the column's type, which is not known before a statement runs."""

    render_bind_cast = True


DIALECT: Dialect = dialects.dialect()  # type: ignore[no-untyped-call]
DIALECT.colspecs = {**DIALECT.colspecs, Float: _Double}
POOL_SIZE = 10
"""Connections of one process at most; they are opened as they are needed."""
CONNECT_S = 5.0
STATEMENT_S = 10.0
"""How long a statement may run, or a transaction stand still: a frozen process must not keep its locks."""
TRIES_WAIT_S = (0.02, 0.1, 0.4, 1.0)
"""How long a batch waits at most before each further try after it collided with another."""


class PostgresDatabase:
    """A pool for each event loop that uses it, of which a process has one as a rule."""

    def __init__(self, url: str, *, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep):
        self._url = url
        self._sleep = sleep
        self._pools: dict[asyncio.AbstractEventLoop, Any] = {}

    async def one(self, statement: Any) -> Row | None:
        rows = await self.all(statement)
        return rows[0] if rows else None

    async def all(self, statement: Any) -> Sequence[Row]:
        [result] = await self._transaction([compile_sql(statement, DIALECT)])
        return result.rows

    async def batch(self, *statements: Any) -> Sequence[Result]:
        sqls = [compile_sql(statement, DIALECT) for statement in statements]
        return await self._transaction(sqls) if sqls else []

    async def close(self) -> None:
        """Close every connection, each on its own loop; those of a loop that has ended are gone."""
        pools, self._pools = self._pools, {}
        for loop, pool in pools.items():
            if loop is asyncio.get_running_loop():
                await pool.close()
            elif loop.is_running():
                await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(pool.close(), loop))

    async def _transaction(self, sqls: Sequence[Sql]) -> list[Result]:
        with our_errors():
            for wait in TRIES_WAIT_S:
                try:
                    return await self._attempt(sqls)
                except COLLISIONS:  # PostgreSQL has undone it, and says that the same may succeed when tried again
                    await self._sleep(wait * random.uniform(0.5, 1))  # noqa: S311  # jitter
            return await self._attempt(sqls)

    async def _attempt(self, sqls: Sequence[Sql]) -> list[Result]:
        async with self._begun() as connection:
            try:
                results = [await _step(connection, sql) for sql in sqls]
                await connection.execute("COMMIT")
            except asyncpg.InterfaceError as fault:
                if _is_lost(connection):
                    raise ConnectionResetError("closed within a transaction") from fault
                raise
            finally:
                if not _is_lost(connection) and connection.is_in_transaction():
                    await connection.execute("ROLLBACK")
            return results

    @asynccontextmanager
    async def _begun(self) -> AsyncIterator[Any]:
        """A connection in a transaction.

        Idle connections may have died unseen, with a restart or while this process was frozen. Nothing has run
        on them yet, so that it is safe to go on with a new one.
        """
        pool = await self._opened()
        try:
            connection = await _begin(pool)
        except LOST:
            await pool.expire_connections()
            connection = await _begin(pool)
        try:
            yield connection
        finally:
            await pool.release(connection)

    async def _opened(self) -> Any:
        loop = asyncio.get_running_loop()
        if loop not in self._pools:
            self._pools[loop] = asyncpg.create_pool(
                self._url,
                min_size=0,
                max_size=POOL_SIZE,
                timeout=CONNECT_S,
                command_timeout=STATEMENT_S + 5,  # only the network is that slow
                statement_cache_size=0,
                reset=_nothing,
            )
            await self._pools[loop]  # opens no connection, so that no other task runs meanwhile
        return self._pools[loop]


async def _begin(pool: Any) -> Any:
    connection = await pool.acquire(timeout=CONNECT_S)
    limit = f"{STATEMENT_S * 1000:.0f}"
    try:
        await connection.execute(
            f"BEGIN; SET LOCAL statement_timeout = {limit}; SET LOCAL idle_in_transaction_session_timeout = {limit}"
        )
    except BaseException:
        if not _is_lost(connection):
            connection.terminate()  # it may have begun, or begin any moment
        await pool.release(connection)
        raise
    return connection


def _is_lost(connection: Any) -> bool:
    """The pool takes a closed connection away, and then it cannot even be asked."""
    try:
        return bool(connection.is_closed())
    except asyncpg.InterfaceError:
        return True


async def _step(connection: Any, sql: Sql) -> Result:
    values = [_storable(value) for value in sql.values]
    if sql.columns:
        rows = sql.read(await connection.fetch(sql.text, *values))
        count = len(rows)
    else:
        status = await connection.execute(sql.text, *values)  # as "UPDATE 2", "INSERT 0 1"
        rows, count = [], int(status.rpartition(" ")[2])
    if sql.expect and count != sql.expect.rows:
        raise Refused(sql.expect.code)
    return Result(rows, count)


def _storable(value: Any) -> Any:
    """PostgreSQL's text cannot hold NUL, and a stranger who sends it must not fare otherwise than on SQLite."""
    return value.replace("\0", "\N{REPLACEMENT CHARACTER}") if isinstance(value, str) else value


async def _nothing(connection: Any) -> None:
    """What a connection needs before the next uses it: a transaction leaves nothing behind."""
