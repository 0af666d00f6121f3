"""What counts as set and as read, where tests look at how an app uses its columns."""

from __future__ import annotations

import io
import json
import sqlite3
import zipfile
from contextlib import closing
from typing import Any

import pytest
from sqlalchemy import and_, case, delete, func, insert, select, update

from app.core.ports.database import Expect
from app.core.tables import metadata, upsert
from app.wiring import schema
from tests.data_model.use import Place, Use, exported, filled, names_in_code, names_in_template

sizes, products, quotas = (metadata.tables[name] for name in ("sizes", "products", "quotas"))
watermarks = metadata.tables["watermarks"]


def read(statement: Any, *names: str, monkeypatch: pytest.MonkeyPatch) -> set[Place]:
    """The columns that count as read once a statement ran, in code that uses these names."""
    monkeypatch.setattr("tests.data_model.use.names_used", lambda: frozenset(names))
    use = Use()
    use.note(statement)
    return use.read


CONDITIONS = {
    "a condition": (select(sizes.c.id).where(sizes.c.is_active == 1), {"sizes.is_active"}),
    "an order": (select(sizes.c.id).order_by(sizes.c.sort_order), {"sizes.sort_order"}),
    "a group": (select(func.count()).group_by(sizes.c.name), {"sizes.name"}),
    "a join": (
        select(sizes.c.name).join(products, and_(products.c.id == sizes.c.product_id)),
        {"products.id", "sizes.product_id"},
    ),
    "a join of an alias": (
        select(sizes.c.name).select_from(sizes.join(products.alias("p"), onclause=sizes.c.product_id == "x")),
        {"sizes.product_id"},
    ),
    "a query within": (
        select(sizes.c.name).where(sizes.c.product_id.in_(select(products.c.id).where(products.c.sku == "x"))),
        {"sizes.product_id", "products.id", "products.sku"},
    ),
    "a condition of a change": (update(sizes).where(sizes.c.name == "x").values(width_px=1), {"sizes.name"}),
    "a condition of a deletion": (delete(sizes).where(sizes.c.name == "x"), {"sizes.name"}),
    "what another column is written from": (
        update(quotas).values(current_generations=case((quotas.c.period == "x", 1), else_=0)),
        {"quotas.period"},
    ),
    "a condition of a batch's expectation": (
        Expect(update(quotas).where(quotas.c.running > 0).values(running=0), "code"),
        {"quotas.running"},
    ),
    "a condition of an upsert": (
        upsert(sizes)
        .values(id="x")
        .on_conflict_do_update(index_elements=["id"], set_={"name": "x"}, where=sizes.c.width_px > 1),
        {"sizes.width_px"},
    ),
}


@pytest.mark.parametrize("name", CONDITIONS)
def test_what_decides_something_is_read(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    statement, columns = CONDITIONS[name]
    assert read(statement, monkeypatch=monkeypatch) == {tuple(column.split(".")) for column in columns}


WRITES = {
    "a value": update(sizes).values(name="x"),
    "a counter": update(quotas).values(total_generations=quotas.c.total_generations + 1),
    "a row": insert(sizes).values(id="x", name="x"),
    "an upsert": upsert(sizes).values(id="x").on_conflict_do_update(index_elements=["id"], set_={"name": "x"}),
}


@pytest.mark.parametrize("name", WRITES)
def test_what_is_only_written_is_not_read(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert read(WRITES[name], "name", "total_generations", monkeypatch=monkeypatch) == set()


def test_what_a_statement_returns_is_read_when_something_uses_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    statement = select(sizes.c.name, sizes.c.width_px, func.coalesce(sizes.c.height_px, 0).label("height"))
    assert read(statement, "name", "height", monkeypatch=monkeypatch) == {("sizes", "name"), ("sizes", "height_px")}
    changed = update(sizes).values(name="x").returning(sizes.c.width_px)
    assert read(changed, "width_px", monkeypatch=monkeypatch) == {("sizes", "width_px")}


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("print(style.name)", {"name"}),
        ("row['title']", {"title"}),
        ("select(table.c.name).where(table.c['title'] == 1)", {"where"}),
        ("Style(name=row.name, title=row.label)", {"label"}),
        ("style.name = 1", set()),
        ("rows[0]", set()),
    ],
)
def test_names_that_code_uses(source: str, names: set[str]) -> None:
    assert set(names_in_code(source)) - {"c"} == names


def test_names_that_a_template_uses() -> None:
    source = """<b class="a.b">{{ line.title }}</b>{% for x in sizes | map(attribute="name") %}{{ x }}{% endfor %}"""
    assert set(names_in_template(source)) == {"title", "name"}


@pytest.mark.parametrize(
    ("column", "value", "is_set"),
    [
        ("text", None, False),
        ("text", "", True),
        ("position", "bottom-right", False),
        ("position", "tiled", True),
        ("is_active", 1, False),
        ("is_active", 0, True),
        ("size_percentage", 10, False),
        ("size_percentage", 10.5, True),
    ],
)
def test_a_default_is_not_set(column: str, value: Any, is_set: bool) -> None:
    with closing(sqlite3.connect(":memory:")) as database:
        database.executescript(schema())
        row = {"id": "w", "shop_id": "s", "created_at": "t", "updated_at": "t", column: value}
        marks = ", ".join("?" for _ in row)
        database.execute(f"INSERT INTO watermarks ({', '.join(row)}) VALUES ({marks})", list(row.values()))
        found = database.execute(filled([watermarks.c[column], watermarks.c.id])).fetchone()
    assert found == (int(is_set), 1)


def test_an_export_shows_the_columns_of_its_rows() -> None:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as opened:
        opened.writestr("data.json", json.dumps({"orders": [{"id": "1"}], "shoppers": []}))
    assert list(exported(archive.getvalue())) == [("orders", "id")]
