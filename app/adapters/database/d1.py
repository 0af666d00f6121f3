"""Database on Cloudflare's D1: SQLite behind a binding. Its only transaction is a batch, sent whole.

A statement that misses its rows must end the batch from inside. So each expectation is followed by a SELECT that
reads JSON at an impossible path, which is SQLite's only error that can carry a code (RAISE is refused outside
of triggers).
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

from app.adapters.database.sql import Sql, compile_sql
from app.adapters.database.sqlite_dialect import DIALECT, constraint
from app.core.errors import Refused, Unavailable
from app.core.ports.database import Result, Row

CHECK = "SELECT CASE WHEN changes() = ? THEN 1 ELSE json_extract('{}', ?) END"
CODE = re.compile(r"bad JSON path: '([^']*)'")
OUR_FAULT = re.compile(r"no such (table|column|function)|syntax error|SQLITE_ERROR|SQLITE_MISMATCH")


@dataclass(frozen=True)
class Outcome:
    """What one statement gave: its rows as tuples in the order of its columns, and how many rows it changed."""

    rows: Sequence[Sequence[Any]]
    changes: int


class D1Fault(Exception):
    """D1 refused a batch, or did not answer; the message is D1's."""


Statements = Sequence[tuple[str, Sequence[Any]]]
Run = Callable[[Statements], Awaitable[Sequence[Outcome]]]
"""Runs SQL with its values as one batch, all or nothing. Raises D1Fault."""


class D1Database:
    """`run` reaches the database: the binding in a worker."""

    def __init__(self, run: Run):
        self._run = run

    async def one(self, statement: Any) -> Row | None:
        rows = await self.all(statement)
        return rows[0] if rows else None

    async def all(self, statement: Any) -> Sequence[Row]:
        (result,) = await self.batch(statement)
        return result.rows

    async def batch(self, *statements: Any) -> Sequence[Result]:
        sqls = [compile_sql(statement, DIALECT) for statement in statements]
        if not sqls:
            return []
        steps = [step for sql in sqls for step in _steps(sql)]
        try:
            outcomes = await self._run([(text, values) for text, values, _ in steps])
        except D1Fault as fault:
            raise _translated(str(fault)) from fault
        return [
            Result(sql.read(outcome.rows) if sql.columns else [], outcome.changes)
            for (_, _, sql), outcome in zip(steps, outcomes, strict=True)
            if sql
        ]


def _steps(sql: Sql) -> list[tuple[str, Sequence[Any], Sql | None]]:
    """A statement, and what checks its expectation."""
    steps: list[tuple[str, Sequence[Any], Sql | None]] = [(sql.text, sql.values, sql)]
    if sql.expect:
        steps.append((CHECK, [sql.expect.rows, sql.expect.code], None))
    return steps


def _translated(message: str) -> Exception:
    if code := CODE.search(message):
        return Refused(code[1])
    if "constraint failed" in message:
        return constraint(message)
    if OUR_FAULT.search(message):
        return RuntimeError(message)
    return Unavailable("The database is busy. Try again.", code="database_unavailable")
