"""SQLAlchemy statements to SQL text and values, and rows back to Python values.

Enforces D1's limits everywhere, so that a statement that D1 would refuse fails on a laptop:
https://developers.cloudflare.com/d1/platform/limits/
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Dialect, Index, PrimaryKeyConstraint, Table, UniqueConstraint

from app.core.ports import Expect, Row
from app.core.tables import metadata

MAX_PARAMETERS = 100
MAX_STATEMENT_BYTES = 100_000
MAX_ROW_BYTES = 1_000_000

Convert = Callable[[Any], Any] | None


@dataclass(frozen=True)
class Sql:
    """One statement, ready for a driver; `read` turns its rows (tuples) into mappings."""

    text: str
    values: Sequence[Any]
    columns: Sequence[tuple[str, Convert]]
    expect: Expect | None

    def read(self, rows: Sequence[Sequence[Any]]) -> list[Row]:
        return [
            {
                name: convert(value) if convert else value
                for (name, convert), value in zip(self.columns, row, strict=True)
            }
            for row in rows
        ]


def compile_sql(statement: Any, dialect: Dialect) -> Sql:
    """Raises ValueError when the statement passes a limit of D1."""
    expect = statement if isinstance(statement, Expect) else None
    core = expect.statement if expect else statement
    compiled = core.compile(dialect=dialect, compile_kwargs={"render_postcompile": True})
    names = compiled.positiontup or list(compiled.params)
    values = [_bind(compiled, name, dialect) for name in names]
    sql = Sql(str(compiled), values, _columns(core, dialect), expect)
    _check_limits(sql)
    return sql


def constraint_of_columns(table: str, columns: Sequence[str]) -> str:
    """The name of the unique constraint or index over these columns, for databases that name only columns."""
    found: Table | None = metadata.tables.get(table)
    if found is not None:
        for candidate in [*found.constraints, *found.indexes]:
            if not isinstance(candidate, UniqueConstraint | PrimaryKeyConstraint | Index):
                continue
            if sorted(column.name for column in candidate.columns) == sorted(columns):
                return str(candidate.name)
    return f"{table}.{','.join(columns)}"


def _bind(compiled: Any, name: str, dialect: Dialect) -> Any:
    value = compiled.params[name]
    bind = compiled.binds.get(name)
    if bind is None:  # one of an expanded IN list: its type is the list's
        return value
    process = bind.type.dialect_impl(dialect).bind_processor(dialect)
    return process(value) if process else value


def _columns(core: Any, dialect: Dialect) -> list[tuple[str, Convert]]:
    if not getattr(core, "is_select", False) and not getattr(core, "_returning", ()):
        return []
    return [
        (column.key, column.type.dialect_impl(dialect).result_processor(dialect, None))
        for column in core.exported_columns
    ]


def _check_limits(sql: Sql) -> None:
    if any(isinstance(value, datetime) for value in sql.values):
        raise TypeError(f"a time without its type, say moment(): {sql.text}")
    size = sum(len(value) for value in sql.values if isinstance(value, str | bytes))
    if len(sql.values) > MAX_PARAMETERS or len(sql.text) > MAX_STATEMENT_BYTES or size > MAX_ROW_BYTES:
        raise ValueError(f"too big for D1: {len(sql.values)} values, {len(sql.text)} + {size} bytes")
