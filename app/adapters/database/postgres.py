"""The Database port on PostgreSQL 16 or later, using asyncpg.

It works behind a connection pooler in transaction mode: every statement, including reads, runs in a transaction,
prepared statements are unnamed, and settings apply only to the current transaction.
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

from app.adapters.database.postgres_errors import COLLISIONS, LOST, translate_errors
from app.adapters.database.sql import Sql, compile_sql
from app.core.errors import Refused
from app.core.ports.database import Result, Row


class _Double(Float[float]):
    """Replaces SQLAlchemy's Float, which needs the driver's type of a column before any statement has run."""

    render_bind_cast = True


DIALECT: Dialect = dialects.dialect()  # type: ignore[no-untyped-call]
DIALECT.colspecs = {**DIALECT.colspecs, Float: _Double}
POOL_SIZE = 10
"""The maximum number of connections of one process. They are opened on demand."""
CONNECT_S = 5.0
STATEMENT_S = 10.0
"""The time limit in seconds of a statement, and of an idle transaction: a frozen process must not hold its locks."""
TRIES_WAIT_S = (0.02, 0.1, 0.4, 1.0)
"""The longest wait in seconds before each retry of a batch that conflicted with another transaction."""


class PostgresDatabase:
    """Database on PostgreSQL. It keeps one connection pool per event loop; a process normally has one loop."""

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
        """Close every pool on its own event loop. Pools of a stopped loop cannot be closed and are dropped."""
        pools, self._pools = self._pools, {}
        for loop, pool in pools.items():
            if loop is asyncio.get_running_loop():
                await pool.close()
            elif loop.is_running():
                await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(pool.close(), loop))

    async def _transaction(self, sqls: Sequence[Sql]) -> list[Result]:
        with translate_errors():
            for wait in TRIES_WAIT_S:
                try:
                    return await self._attempt(sqls)
                except COLLISIONS:  # PostgreSQL has rolled the transaction back, and a retry may succeed
                    await self._sleep(wait * random.uniform(0.5, 1))  # noqa: S311  # jitter
            return await self._attempt(sqls)

    async def _attempt(self, sqls: Sequence[Sql]) -> list[Result]:
        async with self._begin_transaction() as connection:
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
    async def _begin_transaction(self) -> AsyncIterator[Any]:
        """Acquire a connection and begin a transaction on it.

        An idle connection may have been lost after a server restart or while this process was frozen. In that case no
        statement has run yet, so it is safe to retry once with a new connection.
        """
        pool = await self._open_pool()
        try:
            connection = await _begin(pool)
        except LOST:
            await pool.expire_connections()
            connection = await _begin(pool)
        try:
            yield connection
        finally:
            await pool.release(connection)

    async def _open_pool(self) -> Any:
        loop = asyncio.get_running_loop()
        if loop not in self._pools:
            self._pools[loop] = asyncpg.create_pool(
                self._url,
                min_size=0,
                max_size=POOL_SIZE,
                timeout=CONNECT_S,
                command_timeout=STATEMENT_S + 5,  # the server's own limit applies first, unless the network is slow
                statement_cache_size=0,
                reset=_skip_reset,
            )
            await self._pools[loop]  # with min_size=0 this opens no connection, so no other task runs in between
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
            connection.terminate()  # the server may still begin the transaction
        await pool.release(connection)
        raise
    return connection


def _is_lost(connection: Any) -> bool:
    """Return True if the connection is closed. A connection that the pool has taken back raises InterfaceError."""
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
        status = await connection.execute(sql.text, *values)  # such as "UPDATE 2" or "INSERT 0 1"
        rows, count = [], int(status.rpartition(" ")[2])
    if sql.expect and count != sql.expect.rows:
        raise Refused(sql.expect.code)
    return Result(rows, count)


def _storable(value: Any) -> Any:
    """Replace NUL characters, which PostgreSQL's text type rejects. Untrusted input may contain them."""
    return value.replace("\0", "\N{REPLACEMENT CHARACTER}") if isinstance(value, str) else value


async def _skip_reset(connection: Any) -> None:
    """Replaces the pool's reset query, which is unnecessary: no state outlives a transaction."""
