"""The tables and columns that schema.sql makes, as SQLite itself tells them."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

Columns = dict[str, set[str]]
PATH = Path(__file__).parents[2] / "schema.sql"


def read() -> Columns:
    """The columns of each table, by the table's name."""
    with closing(sqlite3.connect(":memory:")) as database:
        database.executescript(PATH.read_text("utf-8"))
        pairs = database.execute(
            "SELECT m.name, c.name FROM sqlite_master AS m, pragma_table_info(m.name) AS c WHERE m.type = 'table'"
        )
        columns: Columns = {}
        for table, column in pairs:
            columns.setdefault(table, set()).add(column)
        return columns
