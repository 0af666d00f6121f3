"""Several dataclasses in one row of a joined read."""

from __future__ import annotations

from typing import Any, TypeVar

from sqlalchemy import FromClause, Label

from app.core.ports.database import Row

T = TypeVar("T")


def columns_of(kind: Any, source: FromClause, name: str) -> list[Label[Any]]:
    """The columns of a dataclass from a table (or an alias, or a subquery), to be read by `part` under this name."""
    return [source.c[field].label(f"{name}_{field}") for field in kind.__dataclass_fields__]


def part(row: Row, kind: type[T], name: str) -> T | None:
    """The dataclass of this name in the row; None where an outer join found none."""
    values = {field: row[f"{name}_{field}"] for field in kind.__dataclass_fields__}  # type: ignore[attr-defined]
    return None if values["id"] is None else kind(**values)
