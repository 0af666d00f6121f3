"""No statement has more values for a longer list: D1 takes 100 of a statement, and the longest list has no limit.

Every query is made of made-up arguments, whose lists have one element and then a thousand. A list becomes one value, by
`among` of app.core.tables or as JSON in a column.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import Dialect

from app.adapters.database.postgres import DIALECT as POSTGRES
from app.adapters.database.sql import MAX_PARAMETERS, compile_sql
from app.adapters.database.sqlite_dialect import DIALECT as SQLITE
from app.core.tables import metadata
from tests.test_queries import queries, statements

MANY = 1000
COLUMNS = {"app.generation.queries.complete": "values", "app.generation.queries.by_key": "scope"}
"""Queries that take a mapping by column, and its name: it is as long as their table has columns, at most."""


def most_values(query: Callable[..., Any], length: int, dialect: Dialect) -> int:
    """Of the statements of a query, made with lists of this length."""
    made = [each for each in statements(query, length) if each is not None]
    return max((len(compile_sql(each, dialect).values) for each in made), default=0)


@pytest.mark.parametrize("dialect", [SQLITE, POSTGRES], ids=["sqlite", "postgresql"])
def test_a_longer_list_gives_no_statement_more_values(dialect: Dialect) -> None:
    every = {name: query for name, query in queries().items() if name not in COLUMNS}
    values = {name: [most_values(query, length, dialect) for length in (1, MANY)] for name, query in every.items()}
    assert len(values) >= 130
    assert {name: found for name, found in values.items() if found[0] != found[1]} == {}
    assert {name: found for name, found in values.items() if found[0] > MAX_PARAMETERS} == {}


@pytest.mark.parametrize("name", COLUMNS)
def test_a_statement_that_sets_columns_has_fewer_values_than_d1_takes(name: str) -> None:
    columns = dict.fromkeys(metadata.tables["generations"].columns.keys())
    [statement] = statements(queries()[name], **{COLUMNS[name]: columns})
    assert len(compile_sql(statement, SQLITE).values) <= MAX_PARAMETERS
