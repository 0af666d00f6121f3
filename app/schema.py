"""The whole schema, from the table metadata: `schema.sql` is generated from it."""

from __future__ import annotations

from sqlalchemy import Dialect, Index
from sqlalchemy.schema import CreateIndex, CreateTable

from app.capabilities import CAPABILITIES
from app.core.capability import load_tables
from app.core.tables import metadata

load_tables(CAPABILITIES)


def ddl(dialect: Dialect) -> str:
    """Every CREATE statement, parents before children."""
    statements: list[str] = []
    for table in metadata.sorted_tables:
        statements.append(str(CreateTable(table).compile(dialect=dialect)).strip())
        indexes = sorted(table.indexes, key=lambda index: str(index.name))
        statements += [_index(index, dialect) for index in indexes]
    text = ";\n\n".join("\n".join(line.rstrip() for line in each.splitlines()) for each in statements)
    return text.replace("\t", "  ") + ";\n"


def _index(index: Index, dialect: Dialect) -> str:
    """An index; a partial one says `where` in its info: SQLAlchemy's own arguments load two dialects at import."""
    where = index.info.get("where")
    return str(CreateIndex(index).compile(dialect=dialect)).strip() + (f" WHERE {where}" if where else "")
