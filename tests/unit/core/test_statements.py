"""Statements that are built once: with which values they are executed, and what their functions may not do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import ColumnElement, Dialect, exists, select, update

from app.adapters.database.postgres import DIALECT as POSTGRES
from app.adapters.database.sql import Sql, compile_sql
from app.adapters.database.sqlite_dialect import DIALECT as SQLITE
from app.core.ids import new_id
from app.core.ports.database import Expect
from app.core.statements import BoundStatement, built_once
from app.core.tables import among, moment, upsert
from app.jobs.tables import jobs
from app.shops.tables import shops

NOW = datetime(2026, 11, 30, tzinfo=UTC)
DIALECTS = pytest.mark.parametrize("dialect", [SQLITE, POSTGRES], ids=["sqlite", "postgresql"])
calls: list[str] = []


@dataclass(frozen=True)
class Wish:
    name: str
    at: datetime | None


@built_once
def by_name(name: str | None, at: datetime) -> Any:
    calls.append("by_name")
    return select(shops.c.id).where(shops.c.shop_name == name, shops.c.is_active == 1, shops.c.created_at <= at)


@built_once
def save(wish: Wish, settings: dict[str, Any], *, at: datetime) -> Any:
    new = upsert(shops).values(id=wish.name, settings=settings, installed_at=wish.at, created_at=at, updated_at=at)
    return new.on_conflict_do_update(index_elements=["id"], set_={"installed_at": moment(at)})


@built_once
def is_busy(shop_id: str) -> ColumnElement[bool]:
    return exists().where(jobs.c.shop_id == shop_id, jobs.c.status == "running")


@built_once
def rename(shop_id: str, names: Sequence[str], name: str, condition: ColumnElement[bool]) -> list[Any]:
    renamed = update(shops).where(shops.c.id == shop_id, ~is_busy(shop_id), condition).values(shop_name=name)
    return [renamed, Expect(renamed.where(among(shops.c.shop_name, names)), "unknown")]


def of(statement: Any, dialect: Dialect = SQLITE) -> Sql:
    return compile_sql(statement, dialect)


def test_a_statement_is_built_once_and_filled_each_time() -> None:
    by_name("first", NOW)
    calls.clear()
    made = [of(by_name(name, NOW + timedelta(days=at))) for at, name in enumerate("ab")]
    assert [list(each.values) for each in made] == [
        ["a", 1, "2026-11-30T00:00:00.000Z"],
        ["b", 1, "2026-12-01T00:00:00.000Z"],
    ]
    assert made[0].text is made[1].text
    assert calls == []


def test_none_is_built_for_by_itself() -> None:
    assert "shop_name IS NULL" in of(by_name(None, NOW)).text
    assert "shop_name = ?" in of(by_name("a", NOW)).text


@DIALECTS
@pytest.mark.parametrize("at", [None, NOW])
def test_what_is_built_once_is_what_is_built_afresh(dialect: Dialect, at: datetime | None) -> None:
    busy = is_busy("other")
    for bound in (save(Wish("a", at), {"b": [1]}, at=NOW), *rename("a", ["b", "c"], "d", busy)):
        statement = bound.statement if isinstance(bound, Expect) else bound
        assert isinstance(statement, BoundStatement)
        made, afresh = of(statement, SQLITE), of(statement.afresh(), SQLITE)
        assert (made.text, list(made.values)) == (afresh.text, list(afresh.values))
        assert of(statement, dialect).columns == of(statement.afresh(), dialect).columns


def test_an_expectation_stays_one() -> None:
    _, expected = rename("a", ["b"], "c", is_busy("a"))
    assert isinstance(expected, Expect)
    assert of(expected).expect is expected


def test_a_condition_goes_into_a_statement_that_is_built_for_its_call() -> None:
    made = of(select(shops.c.id).where(shops.c.id == "a", is_busy("b")))
    assert list(made.values) == ["a", "b", "running"]


def test_a_list_is_one_value_however_long() -> None:
    few, many = (of(rename("a", names, "c", is_busy("a"))[1]) for names in (["b"], ["b"] * 1000))
    assert len(few.values) == len(many.values)


def looks(name: str) -> Any:
    return by_name("a" if name == "b" else "c", NOW)


def formats(name: str) -> Any:
    return select(shops.c.id).where(shops.c.id == f"shop:{name}")


def asks(name: str) -> Any:
    return select(shops.c.id).where(shops.c.id == (name or "nobody"))


def iterates(name: str) -> Any:
    return select(shops.c.id).where(shops.c.id.in_([*name]))


@pytest.mark.parametrize("function", [looks, formats, asks, iterates])
def test_a_function_that_looks_at_a_value_is_refused(function: Any) -> None:
    with pytest.raises(TypeError):
        built_once(function)("b")


def test_a_time_is_not_computed_with() -> None:
    with pytest.raises(TypeError, match="compute"):
        built_once(lambda at: select(shops.c.id).where(shops.c.created_at <= at + timedelta(days=1)))(NOW)


def test_one_condition_twice_is_refused() -> None:
    def both(one: ColumnElement[bool], other: ColumnElement[bool]) -> Any:
        return select(shops.c.id).where(one, other)

    with pytest.raises(TypeError, match="twice"):
        built_once(both)(is_busy("a"), is_busy("b"))


def test_what_cannot_be_a_value_is_built_for_its_call() -> None:
    condition = shops.c.id == new_id()
    statement = built_once(lambda which: select(shops.c.id).where(which))(condition)
    assert not isinstance(statement, BoundStatement)
