"""Every statement that a query makes is about its shop: each is made here, of made-up arguments, and looked at."""

from __future__ import annotations

import asyncio
import dataclasses
import inspect
import types
import typing
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from enum import Enum
from importlib import import_module
from typing import Any

from sqlalchemy import BinaryExpression, BindParameter, BooleanClauseList, Column, Delete, Insert, Select, Update, true
from sqlalchemy.dialects import postgresql
from sqlalchemy.sql import operators, visitors
from sqlalchemy.sql.elements import Grouping
from sqlalchemy.sql.selectable import FromClause, Join

from app.capabilities import CAPABILITIES
from app.core.ports.database import Database, Expect
from app.core.statements import BoundStatement
from app.core.tables import metadata
from app.generation.model import G, Kind
from app.jobs.model import Slotted
from app.personalization.previews import PREVIEWS
from app.privacy import Browsers, Personal, PersonalData, all_personal_data
from handlers.jobs import KINDS
from tests.sketches.banners import banner_outputs
from tests.test_architecture import ACROSS_SHOPS, QUERIES

SHOP = "the-shop.myshopify.com"
NAMED = {
    "shop_id": SHOP,
    "shop": SHOP,
    "table": "order_items",
    "columns": ["id"],
    "photos": [],
    "rows": metadata.tables["order_items"],
}
PERSONAL_DATA = all_personal_data(CAPABILITIES)
PREVIEWS_WITH_OUTPUTS = dataclasses.replace(PREVIEWS, outputs=banner_outputs)
MADE_UP: Mapping[Any, Any] = {
    Mapping[str, Slotted]: KINDS,
    Personal: PERSONAL_DATA,
    Browsers: Browsers(),
    str: "made-up",
    bytes: b"made-up",
    int: 7,
    float: 0.5,
    bool: True,
    datetime: datetime(2026, 1, 1, tzinfo=UTC),
    timedelta: timedelta(minutes=1),
    Any: true(),
}

NO_TENANTS = {
    "app.privacy.queries.retention.advance",
    "app.privacy.queries.retention.progress",
    "app.shops.queries.visitors.count_hit",
    "app.shops.queries.visitors.release_hit",
    "app.shops.queries.visitors.window_end",
}
"""Exceptions from the rule of arguments alone: their tables know no shops, or what they write says whose it is."""

COUNTED_ACROSS_SHOPS = {"app.jobs.queries.scheduling.queue_position"}
"""They take a shop first, and count rows of the others: how many jobs of all shops come before one."""

WITHIN_A_ROW = {
    f"{type(each).__module__}.{type(each).__name__}.{name}"
    for each in PERSONAL_DATA
    for name in ("needs_file", "needs_session")
}
"""Conditions on a row of another table: a file or a guest session is of one shop, and so are the rows that refer to
it."""


class Noting:
    """A database without rows that keeps what it is asked."""

    def __init__(self) -> None:
        self.asked: list[Any] = []

    async def one(self, statement: Any) -> None:
        self.asked.append(statement)

    async def all(self, statement: Any) -> list[Any]:
        self.asked.append(statement)
        return []


def queries() -> dict[str, Callable[..., Any]]:
    """Public functions of the queries, public methods of what is defined there, and those of each PersonalData."""
    found: dict[str, Callable[..., Any]] = {
        f"{type(each).__module__}.{type(each).__name__}.{name}": getattr(each, name)
        for each in PERSONAL_DATA
        for name, method in vars(PersonalData).items()
        if inspect.isfunction(method)
    }
    for name in {source.name for source in QUERIES}:
        module = import_module(name)
        own = {key: each for key, each in vars(module).items() if getattr(each, "__module__", "") == name}
        for key, each in own.items():
            if inspect.isclass(each) and not issubclass(each, PersonalData):
                methods = [method for method, value in vars(each).items() if method[0] != "_" and callable(value)]
                found |= {f"{name}.{key}.{method}": getattr(made_up(each), method) for method in methods}
            elif inspect.isfunction(each) and key[0] != "_":
                found[f"{name}.{key}"] = each
    return found


def test_no_statement_reaches_beyond_its_shop() -> None:
    every = queries()
    assert len(every) >= 130
    loose = {name: [str(each) for each in made(query) if beyond(each)] for name, query in every.items()}
    known = {*ACROSS_SHOPS, *COUNTED_ACROSS_SHOPS, *WITHIN_A_ROW}
    assert {name: found for name, found in loose.items() if found and name not in known} == {}
    assert {name for name in ACROSS_SHOPS if not loose[name]} == NO_TENANTS


def made(query: Callable[..., Any]) -> list[Any]:
    """Every statement of a query, those within others too."""
    bound = [each.statement if isinstance(each, Expect) else each for each in statements(query)]
    plain = [each.afresh() if isinstance(each, BoundStatement) else each for each in bound]
    parts = [part for each in plain for part in visitors.iterate(each)]
    return [part for part in parts if isinstance(part, Select | Insert | Update | Delete)]


def statements(query: Callable[..., Any], length: int = 1, **named: Any) -> list[Any]:
    """The statements of a query, made of made-up arguments whose lists are so long; some may be `named`."""
    db, hints = Noting(), typing.get_type_hints(query)
    given = {
        name: db if hints[name] is Database else named.get(name, made_up(hints[name], name, length))
        for name in parameters(query)
    }
    result = query(**given)
    if inspect.iscoroutine(result):
        asyncio.run(_to_its_end(result))
    found = db.asked or (result if isinstance(result, list) else [result])
    return [each for each in found if each is not None]


async def _to_its_end(query: Any) -> None:
    with suppress(TypeError, KeyError, IndexError):  # it has asked, and cannot use that there is nothing
        await query


def parameters(query: Callable[..., Any]) -> Iterator[str]:
    return (name for name, each in inspect.signature(query).parameters.items() if each.default is each.empty)


def made_up(kind: Any, name: str = "", length: int = 1) -> Any:
    """A value of this type, with lists of this length; a shop is always the same."""
    if name in NAMED:
        return NAMED[name]
    if kind in MADE_UP:
        return MADE_UP[kind]
    if kind == Kind[G]:
        return PREVIEWS_WITH_OUTPUTS
    if kind is G:
        return made_up(PREVIEWS.shape, length=length)
    if inspect.isclass(kind) and issubclass(kind, Enum):
        return next(iter(kind))
    if dataclasses.is_dataclass(kind):
        hints = typing.get_type_hints(kind)
        return kind(**{each.name: made_up(hints[each.name], each.name, length) for each in dataclasses.fields(kind)})
    origin, inner = typing.get_origin(kind), typing.get_args(kind)
    if origin in (types.UnionType, typing.Union):
        return made_up(inner[0], length=length)
    if origin is typing.Literal:
        return inner[0]
    if origin is tuple:
        return (
            tuple(made_up(inner[0]) for _ in range(length)) if ... in inner else tuple(made_up(each) for each in inner)
        )
    if origin is not None and issubclass(origin, Mapping):
        return {str(at): made_up(str if inner[1] is Any else inner[1]) for at in range(length - 1)}
    if origin is not None and issubclass(origin, Collection | Sequence):
        return [made_up(inner[0])] * length
    assert "ColumnElement" in str(kind), kind
    return true()


def beyond(statement: Any) -> bool:
    """Whether it reaches rows of tenants without saying whose."""
    if isinstance(statement, Insert):
        return is_tenants(statement.table) and _inserted(statement).get(shop_column(statement.table).name) != SHOP
    if isinstance(statement, Select):
        return _is_loose(statement.get_final_froms(), statement.whereclause)
    return _is_loose([statement.table], statement.whereclause)


def _inserted(statement: Insert) -> Mapping[str, Any]:
    """The values of an insert by column, those that it selects too."""
    if isinstance(statement.select, Select):
        selected = zip(statement._select_names or (), statement.select.selected_columns, strict=True)
        return {name: getattr(value, "value", None) for name, value in selected}
    return statement.compile(dialect=postgresql.dialect()).params


def _is_loose(sources: Sequence[FromClause], where: Any) -> bool:
    """Every table is bound to the shop, or to a row of a table that is: by its key, or by its shop."""
    conditions, tables = list(_conditions(where)), []
    for source in sources:
        while isinstance(source, Join):
            conditions += _conditions(source.onclause)
            tables.append(source.right)
            source = source.left
        tables.append(source)
    bound: set[Any] = set()
    for _ in tables:
        bound |= {table for table in tables if any(_binds(each, table, bound, tables) for each in conditions)}
    return any(is_tenants(table) and table not in bound for table in tables)


def _binds(condition: Any, table: Any, bound: Collection[Any], tables: Sequence[Any]) -> bool:
    if isinstance(condition, BinaryExpression) and condition.operator is operators.in_op:
        return _is_page(condition.right, table) and condition.left is table.c.get("id")
    if not isinstance(condition, BinaryExpression) or condition.operator is not operators.eq:
        return False
    left, right = _plain(condition.left), _plain(condition.right)
    for column, other in ((left, right), (right, left)):
        if not isinstance(column, Column) or column.table is not table:
            continue
        if column is shop_column(table) and isinstance(other, BindParameter) and other.value == SHOP:
            return True
        if isinstance(other, Column) and (column.primary_key or column is shop_column(table)):
            return other.table in bound or other.table not in tables  # of the statement around it
    return False


def _plain(side: Any) -> Any:
    """One side of a comparison, which may be `unindexed`."""
    side = side.element if isinstance(side, Grouping) else side
    is_unindexed = isinstance(side, BinaryExpression) and side.operator is operators.concat_op
    return side.left if is_unindexed and getattr(side.right, "name", None) == "''" else side


def _is_page(ids: Any, table: Any) -> bool:
    """Whether these are ids of rows of the table that are bound to the shop."""
    page: Any = getattr(ids, "element", ids)
    columns = list(page.selected_columns) if isinstance(page, Select) else []
    return len(columns) == 1 and columns[0] is table.c.get("id") and not beyond(page)


def _conditions(where: Any) -> Iterator[Any]:
    """What must all be so."""
    if isinstance(where, BooleanClauseList) and where.operator is operators.and_:
        for each in where.clauses:
            yield from _conditions(each)
    elif where is not None:
        yield where


def is_tenants(table: Any) -> bool:
    return shop_column(table) is not None


def shop_column(table: Any) -> Any:
    """Where a table says whose its rows are; an alias has its table's columns."""
    named = getattr(table, "element", table)
    return table.c.get("id") if named is metadata.tables["shops"] else table.c.get("shop_id")
