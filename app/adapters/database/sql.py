"""Compilation of SQLAlchemy statements to SQL text and values, and conversion of rows back to Python values.

D1's limits apply to every database, so that a statement that D1 would reject already fails in development:
https://developers.cloudflare.com/d1/platform/limits/
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Dialect, Index, PrimaryKeyConstraint, Table, UniqueConstraint

from app.core.ports.database import Expect, Row
from app.core.statements import BoundStatement, BuiltStatement
from app.core.tables import metadata

MAX_PARAMETERS = 100
MAX_COLUMNS = 100
MAX_STATEMENT_BYTES = 100_000
MAX_ROW_BYTES = 1_000_000

Convert = Callable[[Any], Any] | None


@dataclass(frozen=True)
class Sql:
    """One statement, ready for a driver. `read` converts its rows from tuples to mappings.

    `is_select` says that it only reads. Its text does not: a common table expression may begin both kinds.
    """

    text: str
    values: Sequence[Any]
    columns: Sequence[tuple[str, Convert]]
    expect: Expect | None
    is_select: bool

    def read(self, rows: Sequence[Sequence[Any]]) -> list[Row]:
        return [
            {
                name: convert(value) if convert else value
                for (name, convert), value in zip(self.columns, row, strict=True)
            }
            for row in rows
        ]


@dataclass(frozen=True)
class _Shape:
    """A compiled statement without its values. Statements of the same structure share one."""

    compiled: Any
    text: str
    binds: Sequence[tuple[str, Convert]]
    columns: Sequence[tuple[str, Convert]]


@dataclass(frozen=True)
class _Slots:
    """A `BuiltStatement` compiled for one dialect.

    `places` lists for each parameter the index of its value, with a converter. Negative indexes refer to `constants`.
    """

    text: str
    places: Sequence[tuple[int, Convert]]
    constants: Sequence[Any]
    columns: Sequence[tuple[str, Convert]]


_shapes: dict[Any, _Shape | None] = {}
MAX_SHAPES = 500
_slots: dict[tuple[str, BuiltStatement], _Slots] = {}
"""The size is bounded by the number of functions that build a statement once, times the shapes of their arguments."""


def compile_sql(statement: Any, dialect: Dialect) -> Sql:
    """Compile a statement for a dialect. Raises ValueError if it exceeds one of D1's limits."""
    expect = statement if isinstance(statement, Expect) else None
    core = expect.statement if expect else statement
    sql = _compile_built(core, dialect, expect) if type(core) is BoundStatement else _compile_new(core, dialect, expect)
    _check_limits(sql)
    return sql


def _compile_built(bound: BoundStatement, dialect: Dialect, expect: Expect | None) -> Sql:
    """Compile a statement that was built once. Only its values differ between calls."""
    key = dialect.name, bound.built
    slots = _slots.get(key)
    if slots is None:
        slots = _slots[key] = _compile_slots(bound.built, dialect)
    given, constants = bound.values, slots.constants
    values = [
        constants[place] if place < 0 else convert(given[place]) if convert else given[place]
        for place, convert in slots.places
    ]
    return Sql(slots.text, values, slots.columns, expect, bound.is_select)


def _compile_slots(built: BuiltStatement, dialect: Dialect) -> _Slots:
    """Compile a built statement. Its constants get negative places, which count from the end of `constants`."""
    core, places, constants = built.expression, [], list[Any]()
    compiled = core.compile(dialect=dialect, compile_kwargs={"render_postcompile": True})
    shape = _shape(compiled, core, dialect)
    for name, convert in shape.binds:
        key = compiled.binds[name].key if name in compiled.binds else None
        if key in built.places:
            places.append((built.places.index(key), convert))
        else:
            value = compiled.params[name]
            constants.insert(0, convert(value) if convert else value)
            places.append((-len(constants), None))
    return _Slots(shape.text, places, constants, shape.columns)


def _compile_new(core: Any, dialect: Dialect, expect: Expect | None) -> Sql:
    """Compile a statement that was built for this call. One of the same structure may already be cached."""
    cache_key = core._generate_cache_key()
    shape = _cached_shape(core, cache_key, dialect) if cache_key else None
    if shape:
        params = shape.compiled.construct_params(cache_key.params, extracted_parameters=cache_key.bindparams)
    else:
        shape = _shape(core.compile(dialect=dialect, compile_kwargs={"render_postcompile": True}), core, dialect)
        params = shape.compiled.params
    values = [convert(params[name]) if convert else params[name] for name, convert in shape.binds]
    return Sql(shape.text, values, shape.columns, expect, getattr(core, "is_select", False))


def _cached_shape(core: Any, cache_key: Any, dialect: Dialect) -> _Shape | None:
    """The cached shape of a statement, since compiling takes longer than running it. None if it has an IN list."""
    place = dialect.name, cache_key.key
    if place not in _shapes:
        compiled = core.compile(dialect=dialect, cache_key=cache_key)
        if len(_shapes) >= MAX_SHAPES:
            _shapes.clear()
        _shapes[place] = None if compiled.post_compile_params else _shape(compiled, core, dialect)
    return _shapes[place]


def _shape(compiled: Any, core: Any, dialect: Dialect) -> _Shape:
    names = compiled.positiontup or list(compiled.params)
    binds = [(name, _bind(compiled, name, dialect)) for name in names]
    return _Shape(compiled, str(compiled), binds, _columns(core, dialect))


def constraint_of_columns(table: str, columns: Sequence[str]) -> str:
    """The name of the unique constraint or index on these columns, for databases that report only the columns."""
    found: Table | None = metadata.tables.get(table)
    if found is not None:
        for candidate in [*found.constraints, *found.indexes]:
            if not isinstance(candidate, UniqueConstraint | PrimaryKeyConstraint | Index):
                continue
            if sorted(column.name for column in candidate.columns) == sorted(columns):
                return str(candidate.name)
    return f"{table}.{','.join(columns)}"


def _bind(compiled: Any, name: str, dialect: Dialect) -> Convert:
    bind = compiled.binds.get(name)
    if bind is None:  # an element of an expanded IN list, which has no bind of its own
        return None
    processor: Convert = bind.type.dialect_impl(dialect).bind_processor(dialect)
    return processor


def _columns(core: Any, dialect: Dialect) -> list[tuple[str, Convert]]:
    if not getattr(core, "is_select", False) and not getattr(core, "_returning", ()):
        return []
    return [
        (column.key, column.type.dialect_impl(dialect).result_processor(dialect, None))
        for column in core.exported_columns
    ]


def _check_limits(sql: Sql) -> None:
    size = 0
    for value in sql.values:
        if isinstance(value, str | bytes):
            size += _bytes(value)
        elif isinstance(value, datetime):
            raise TypeError(f"a time without its type, say moment(): {sql.text}")
    if len(sql.columns) > MAX_COLUMNS:
        raise ValueError(f"too many columns for D1: {len(sql.columns)}")
    if len(sql.values) > MAX_PARAMETERS or _bytes(sql.text) > MAX_STATEMENT_BYTES or size > MAX_ROW_BYTES:
        raise ValueError(f"too big for D1: {len(sql.values)} values, {len(sql.text)} + {size} bytes")


def _bytes(value: str | bytes) -> int:
    """The size in UTF-8."""
    return len(value) if isinstance(value, bytes) or value.isascii() else len(value.encode())
