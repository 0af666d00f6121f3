"""Building blocks of the schema: one MetaData, and column types that work the same on every database."""

from __future__ import annotations

import json
from collections.abc import Collection
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from sqlalchemy import (
    JSON,
    BigInteger,
    BindParameter,
    CheckConstraint,
    Column,
    ColumnElement,
    Double,
    ForeignKey,
    MetaData,
    ScalarSelect,
    Table,
    TableValuedAlias,
    Text,
    TypeDecorator,
    bindparam,
    func,
    literal,
    literal_column,
    select,
)
from sqlalchemy.sql.visitors import InternalTraversal

from app.core.times import from_text, to_text

if TYPE_CHECKING:
    from sqlalchemy.dialects.postgresql import Insert
    from sqlalchemy.types import TypeEngine

Id = str | ScalarSelect[Any]
"""An id, or a subquery that looks it up within the statement, so that it need not be read first."""
metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


class ShopRedact(StrEnum):
    """What happens to a shop's rows in a table when Shopify sends the webhook shop/redact."""

    DELETED = "deleted"
    """The rows are deleted, page by page, children before parents."""
    LAST = "last"
    """The rows are deleted in the batch that ends the redaction, together with the shop's own row."""
    KEPT = "kept"
    """The rows stay until they expire: they contain no personal data and no secrets, or do not belong to a shop."""


def on_shop_redact(action: ShopRedact, *, about: str = "") -> dict[str, Any]:
    """Return the `info` of a table, which every table must have.

    `about` is the column with the id of the item that a row is about, such as a design. Such rows are deleted when the
    item is deleted at the request of a customer, a shopper or a merchant.
    """
    return {"shop_redact": action, "about": about}


def shop_redact_of(table: Table) -> ShopRedact:
    """Return what shop/redact does to a table's rows. Raises KeyError if the table does not state it."""
    action: ShopRedact = table.info["shop_redact"]
    return action


def deleted_with_shop() -> list[str]:
    """Return the names of the loaded tables whose rows shop/redact deletes page by page, children before parents.

    The order matters because some foreign keys do not cascade.
    """
    return [table.name for table in reversed(metadata.sorted_tables) if shop_redact_of(table) is ShopRedact.DELETED]


def columns_about_items() -> list[Column[Any]]:
    """Return the columns of the loaded tables that `on_shop_redact` was told of as `about`."""
    return [table.c[table.info["about"]] for table in metadata.sorted_tables if table.info.get("about")]


def upsert(table: Table) -> Insert:
    """Return an insert that supports ON CONFLICT and RETURNING.

    It is the insert of PostgreSQL's dialect, which also compiles for SQLite, while the reverse fails. The dialect is
    imported on first use, because importing it would make a cold start 10 % longer.
    """
    from sqlalchemy.dialects.postgresql import insert

    return insert(table)


class Time(TypeDecorator[datetime]):
    """An aware datetime, stored as text in UTC."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Any) -> str | None:
        return None if value is None else to_text(value)

    def process_result_value(self, value: str | None, dialect: Any) -> datetime | None:
        return None if value is None else from_text(value)


class Json(TypeDecorator[Any]):
    """A JSON value, stored as text without spaces and with sorted keys."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Any) -> str | None:
        return None if value is None else json.dumps(value, separators=(",", ":"), sort_keys=True)

    def process_result_value(self, value: str | None, dialect: Any) -> Any:
        return None if value is None else json.loads(value)


class Texts(TypeDecorator[Collection[str]]):
    """A collection of strings as one value: the keys of a JSON object, which `json_each` returns in the same way on
    SQLite and on PostgreSQL."""

    impl = JSON
    cache_ok = True

    def process_bind_param(self, value: Collection[str] | None, dialect: Any) -> dict[str, None]:
        return dict.fromkeys(text.replace("\0", "\N{REPLACEMENT CHARACTER}") for text in value or ())


def among(column: ColumnElement[str], texts: Collection[str]) -> ColumnElement[bool]:
    """Return the condition that a column is one of these strings, which are bound as one value.

    One value is needed because D1 accepts at most 100 values in a statement. NUL is compared as the replacement
    character, because that is how it is stored on PostgreSQL.
    """
    return column.in_(select(each_of(texts).c.key))


def each_of(texts: Collection[str]) -> TableValuedAlias:
    """Return these strings as a table with the column `key`. Like `among`, it binds them as one value."""
    return func.json_each(typed(texts, Texts())).table_valued("key").alias()


def unindexed(column: ColumnElement[str]) -> ColumnElement[str]:
    """Return a text column in a form that no index serves, so that a row is looked up by another condition.

    Without statistics, SQLite expects the same number of rows for each value of a column, and so may read all rows of a
    shop rather than the few that another column selects.
    """
    return column.concat(literal_column("''"))


def bytewise(text: ColumnElement[str]) -> ColumnElement[str]:
    """Return a text that is compared and sorted byte by byte on every database, so that a prefix is a range.

    PostgreSQL otherwise sorts by the database's language.
    """
    return _Bytewise(text)


class _Bytewise(ColumnElement[str]):
    """A text with the collation by bytes, whose name differs between databases."""

    inherit_cache = True
    _traverse_internals = [("text", InternalTraversal.dp_clauseelement)]  # noqa: RUF012  # SQLAlchemy's own name

    def __init__(self, text: ColumnElement[str]):
        self.text = text
        self.type = Text()

    def _compiler_dispatch(self, visitor: Any, **kw: Any) -> str:
        name = '"C"' if visitor.dialect.name == "postgresql" else "BINARY"
        return f"({visitor.process(self.text, **kw)} COLLATE {name})"


class Flag(TypeDecorator[bool]):
    """A boolean, stored as 0 or 1."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: bool | None, dialect: Any) -> int | None:
        return None if value is None else int(value)

    def process_result_value(self, value: int | None, dialect: Any) -> bool | None:
        return None if value is None else bool(value)


def key() -> Column[str]:
    return Column("id", Text, primary_key=True)


def shop_key(**options: Any) -> Column[str]:
    return Column("shop_id", Text, ForeignKey("shops.id", ondelete="CASCADE"), nullable=False, **options)


def ref(name: str, target: str, *, ondelete: str, nullable: bool = False, index: bool = True) -> Column[str]:
    """Return a foreign key column with an index, which every foreign key needs.

    `index` is False if the column comes first in another index or unique constraint of the table. A column that is NULL
    in most rows needs one on the other rows alone: once ANALYZE has found that a value occurs in most rows, SQLite may
    read the whole table instead.
    """
    return Column(name, Text, ForeignKey(target, ondelete=ondelete), nullable=nullable, index=index)


def text(name: str, *, nullable: bool = False) -> Column[str]:
    return Column(name, Text, nullable=nullable)


def number(name: str, default: int | None = 0) -> Column[int]:
    """Return an integer column, which is nullable if `default` is None."""
    server_default = None if default is None else str(default)
    return Column(name, BigInteger, nullable=default is None, server_default=server_default)


def real(name: str, default: float | None = None) -> Column[float]:
    server_default = None if default is None else str(default)
    return Column(name, Double, nullable=default is None, server_default=server_default)


def flag(name: str, *, default: bool) -> Column[bool]:
    return Column(name, Flag, nullable=False, server_default=str(int(default)))


def time(name: str, *, nullable: bool = True) -> Column[datetime]:
    return Column(name, Time, nullable=nullable)


def stamps() -> tuple[Column[datetime], Column[datetime]]:
    return time("created_at", nullable=False), time("updated_at", nullable=False)


def json_column(name: str) -> tuple[Column[Any], CheckConstraint]:
    """Return a JSON column and the constraint that it is NULL or contains JSON.

    NULL is tested separately because json_valid(NULL) is 0 before SQLite 3.45.
    """
    return Column(name, Json, nullable=True), CheckConstraint(
        f"{name} IS NULL OR json_valid({name})", name=f"{name}_json"
    )


def typed(value: Any, kind: TypeEngine[Any]) -> BindParameter[Any]:
    """Return a value with an explicit type, for expressions in which SQLAlchemy cannot infer the type from a column."""
    return (
        bindparam(value.key, type_=kind, required=False) if isinstance(value, BindParameter) else literal(value, kind)
    )


def moment(at: datetime | None) -> BindParameter[Any]:
    """Return a time for expressions in which SQLAlchemy cannot infer the type from a Time column."""
    return typed(at, Time())


def one_of(column: str, *values: str) -> CheckConstraint:
    listed = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(f"{column} IN ({listed})", name=f"{column}_known")
