"""A step of the clock, for an app whose clock is out of reach: every stored time moves back instead."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Literal

import app.schema  # noqa: F401  # fills the metadata
from app.core.tables import Time, metadata

Dialect = Literal["sqlite", "postgres"]
BACK = {
    "sqlite": "strftime('%Y-%m-%dT%H:%M:%fZ', {column}, '-{seconds:.3f} seconds')",
    "postgres": "to_char(({column}::timestamptz - interval '{seconds:.3f} seconds') AT TIME ZONE 'UTC', "
    """'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')""",
}


def moved_back(by: timedelta, dialect: Dialect) -> Iterator[str]:
    """The statements that move all times of all tables."""
    for table in metadata.sorted_tables:
        columns = [column.name for column in table.columns if isinstance(column.type, Time)]
        changes = [
            f'"{name}" = ' + BACK[dialect].format(column=f'"{name}"', seconds=by.total_seconds()) for name in columns
        ]
        if changes:
            yield f'UPDATE "{table.name}" SET {", ".join(changes)}'
