"""The Database port on Cloudflare D1, which is SQLite behind a binding. A batch is the only kind of transaction.

A statement that does not change the expected number of rows must abort its batch from within SQL. Each expectation
is therefore followed by a SELECT that evaluates an invalid JSON path. That is the only SQLite error that can carry
our error code, since RAISE is allowed only in triggers.
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
PROGRAMMING_ERROR = re.compile(r"no such (table|column|function)|syntax error|SQLITE_ERROR|SQLITE_MISMATCH")


@dataclass(frozen=True)
class Outcome:
    """The result of one statement: its rows as tuples in column order, and the number of rows it changed."""

    rows: Sequence[Sequence[Any]]
    changes: int


class D1Fault(Exception):
    """D1 rejected a batch or did not respond. The message is D1's own."""


Statements = Sequence[tuple[str, Sequence[Any]]]
Run = Callable[[Statements], Awaitable[Sequence[Outcome]]]
"""Runs SQL statements with their values as one atomic batch. Raises D1Fault."""


class D1Database:
    """Database on D1. `run` sends the batches; in a worker it uses the D1 binding (`d1_binding`)."""

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
            raise _translate(str(fault)) from fault
        return [
            Result(sql.read(outcome.rows) if sql.columns else [], outcome.changes)
            for (_, _, sql), outcome in zip(steps, outcomes, strict=True)
            if sql
        ]


def _steps(sql: Sql) -> list[tuple[str, Sequence[Any], Sql | None]]:
    """The statement, followed by the check of its expectation if it has one."""
    steps: list[tuple[str, Sequence[Any], Sql | None]] = [(sql.text, sql.values, sql)]
    if sql.expect:
        steps.append((CHECK, [sql.expect.rows, sql.expect.code], None))
    return steps


def _translate(message: str) -> Exception:
    if code := CODE.search(message):
        return Refused(code[1])
    if "constraint failed" in message:
        return constraint(message)
    if PROGRAMMING_ERROR.search(message):
        return RuntimeError(message)
    return Unavailable("The database is busy. Try again.", code="database_unavailable")
