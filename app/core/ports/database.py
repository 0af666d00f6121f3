"""The database port: SQL built with SQLAlchemy Core, and one kind of transaction, the batch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from app.core.ports.compute import Compute as Compute

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Result:
    """The result of one statement of a batch: its rows (from RETURNING), and how many rows it touched."""

    rows: Sequence[Row]
    rowcount: int


@dataclass(frozen=True)
class Expect:
    """A statement that must touch exactly `rows` rows; otherwise its batch is rolled back with Refused(code)."""

    statement: Any
    code: str
    rows: int = 1


class Database(Protocol):
    """Executes SQL that is built with SQLAlchemy Core. `batch` is the only transaction."""

    async def one(self, statement: Any) -> Row | None:
        """Return the only row, or None. Raises Unavailable if the database does not answer."""

    async def all(self, statement: Any) -> Sequence[Row]:
        """Return all rows."""

    async def batch(self, *statements: Any) -> Sequence[Result]:
        """Run all statements in order in one transaction. Raises Refused, ConstraintError, Unavailable."""
