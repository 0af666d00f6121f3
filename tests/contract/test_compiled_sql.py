"""A statement compiled before gives the same SQL and values as one compiled afresh, whatever its values."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import case, or_, select, update

from app.adapters.database import sql
from app.adapters.database.sql import compile_sql
from app.adapters.database.sqlite_dialect import DIALECT
from app.core.tables import Json, moment, upsert
from app.jobs.tables import jobs
from app.shops.tables import shops
from tests import soak

texts = st.one_of(st.none(), st.text(max_size=5))
times = st.one_of(st.none(), st.datetimes(min_value=datetime(1970, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001
numbers = st.one_of(st.none(), st.integers(-(2**53), 2**53))
jsons = st.one_of(st.none(), st.dictionaries(st.text(max_size=3), st.integers(), max_size=2))
counts = st.integers(0, 100)


def compared(text: str | None, time: Any, number: int | None, few: list[str | None], limit: int) -> Any:
    return (
        select(jobs.c.id, jobs.c.payload, jobs.c.run_at)
        .where(
            jobs.c.shop_id == text,
            jobs.c.kind != text,
            jobs.c.run_at == time,
            or_(jobs.c.priority == number, jobs.c.status.in_(few), jobs.c.kind.not_in(few[:1])),
        )
        .order_by(jobs.c.priority.desc())
        .limit(limit)
    )


def bounded(text: str | None, time: Any, number: int | None, few: list[str | None], limit: int) -> Any:
    return select(jobs.c.id).where(jobs.c.shop_id == text).limit(limit).offset(len(few))


def changed(text: str | None, time: Any, number: int | None, few: list[str | None], limit: int) -> Any:
    priority = case((jobs.c.kind == text, number), else_=jobs.c.priority + limit)
    return update(jobs).where(jobs.c.id == text).values(run_at=time, priority=priority, payload={"few": few})


def put(text: str | None, time: Any, number: int | None, few: list[str | None], limit: int) -> Any:
    fresh = {"shop_name": text, "installed_at": time, "settings": few or None, "is_active": bool(limit % 2)}
    kept = case((shops.c.is_active == limit % 2, shops.c.installed_at), else_=moment(time))
    return (
        upsert(shops)
        .values(id=text, created_at=time, updated_at=time, **fresh)
        .on_conflict_do_update(index_elements=["id"], set_={**fresh, "installed_at": kept})
        .returning(shops.c.installed_at, shops.c.settings)
    )


@pytest.mark.parametrize("shape", [compared, bounded, changed, put])
@settings(max_examples=soak.size(60, 25), deadline=None)
@given(drawn=st.lists(st.tuples(texts, times, numbers, st.lists(texts, max_size=4), counts), min_size=2, max_size=4))
def test_a_cached_statement_has_the_sql_and_values_of_a_fresh_one(shape: Any, drawn: list[Any]) -> None:
    sql._shapes.clear()
    for values in drawn:
        made = compile_sql(shape(*values), DIALECT)
        assert (made.text, list(made.values)) == afresh(shape(*values))


@settings(max_examples=30, deadline=None)
@given(first=jsons, second=jsons)
def test_rows_are_read_alike_from_cached_and_fresh_statements(first: Any, second: Any) -> None:
    for value in (first, second):
        made = compile_sql(put("a", None, None, [], 0), DIALECT)
        text = Json().process_bind_param(value, DIALECT)
        assert made.read([("2026-01-01T00:00:00.001Z", text)]) == [
            {"installed_at": datetime(2026, 1, 1, 0, 0, 0, 1000, UTC), "settings": value}
        ]


def test_the_cache_stays_small() -> None:
    sql._shapes.clear()
    for at in range(sql.MAX_SHAPES + 20):
        compile_sql(select(shops.c.id.label(f"name_{at}")), DIALECT)
    assert len(sql._shapes) <= sql.MAX_SHAPES


def afresh(statement: Any) -> tuple[str, list[Any]]:
    """By SQLAlchemy alone, with the types applied to each value."""
    compiled = statement.compile(dialect=DIALECT, compile_kwargs={"render_postcompile": True})
    processors = compiled._bind_processors
    values = [
        processors[name](compiled.params[name]) if name in processors else compiled.params[name]
        for name in compiled.positiontup
    ]
    return str(compiled), values
