"""A database that keeps every statement that it executes, with its values and the use case that it belongs to."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from app.adapters.database.sql import Sql, compile_sql
from app.core.ports.database import Database, Result, Row
from app.core.scrubbing import Scrubs


@dataclass(frozen=True)
class Recorded:
    """A statement with the values that it was executed with. `in_write` is true within a transaction that writes."""

    use_case: str
    sql: Sql
    in_write: bool


class Recorder:
    """The Database port, around another. It records while `use_case` is set: each distinct statement once per name."""

    def __init__(self, inner: Database, dialect: Any):
        self._inner, self._dialect = inner, dialect
        self.use_case: str | None = None
        self.longest_write_s = 0.0
        """The time of the longest transaction that wrote, with the wait for the database's thread or connection."""
        self._recorded: dict[tuple[str, str], Recorded] = {}

    @property
    def recorded(self) -> list[Recorded]:
        return list(self._recorded.values())

    async def one(self, statement: Any) -> Row | None:
        self._record([statement])
        return await self._inner.one(statement)

    async def all(self, statement: Any) -> Sequence[Row]:
        self._record([statement])
        return await self._inner.all(statement)

    async def batch(self, *statements: Any) -> Sequence[Result]:
        self._record(statements)
        started = time.perf_counter()
        results = await self._inner.batch(*statements)
        if not all(getattr(statement, "is_select", False) for statement in statements):
            self.longest_write_s = max(self.longest_write_s, time.perf_counter() - started)
        return results

    async def scrub(self) -> bool:
        return await self._inner.scrub() if isinstance(self._inner, Scrubs) else True

    def _record(self, statements: Sequence[Any]) -> None:
        if self.use_case is None:
            return
        sqls = [compile_sql(statement, self._dialect) for statement in statements]
        in_write = not all(sql.is_select for sql in sqls)
        for sql in sqls:
            self._recorded.setdefault((self.use_case, sql.text), Recorded(self.use_case, sql, in_write))
