"""The dialect and the constraint errors that SQLite and D1 (SQLite behind HTTP) have in common."""

from __future__ import annotations

import re

from sqlalchemy.dialects import sqlite as dialects

from app.adapters.database.sql import constraint_of_columns
from app.core.errors import ConstraintError

DIALECT = dialects.dialect(paramstyle="qmark")


def constraint(message: str) -> ConstraintError:
    """Translate SQLite's message. It names a CHECK constraint, only the columns of a UNIQUE, and no foreign key."""
    if found := re.search(r"UNIQUE constraint failed: ([\w.]+(?:, [\w.]+)*)", message):
        pairs = [column.split(".") for column in found[1].split(", ")]
        return ConstraintError(constraint_of_columns(pairs[0][0], [pair[-1] for pair in pairs]))
    if found := re.search(r"CHECK constraint failed: (\w+)", message):
        return ConstraintError(found[1])
    return ConstraintError("foreign_key" if "FOREIGN KEY" in message else message)
