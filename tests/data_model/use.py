"""Which columns an app uses while it runs: those that leave their defaults, and those that something reads.

A column is read when it stands in a condition, an order or an expression of a statement that ran (a rule or a report),
when it is in a customer's export, or when a statement returned it and code or a template uses a value of that name. The
last is judged by the name alone: of two columns with one name, both count as used as soon as statements return them.
"""

from __future__ import annotations

import ast
import io
import json
import re
import zipfile
from collections.abc import Collection, Iterable, Iterator, Sequence
from functools import cache
from typing import Any

from sqlalchemy import Column, Delete, Insert, Table, Update
from sqlalchemy.sql import visitors
from sqlalchemy.sql.selectable import SelectBase

import app.schema  # noqa: F401  # fills the metadata
from app.core.statements import BoundStatement, BuiltStatement
from app.core.tables import metadata
from tests.setups import SetUp
from tests.sources import ROOT

Place = tuple[str, str]
"""A table and one of its columns."""
COLUMNS = [column for table in metadata.sorted_tables for column in table.c]
IN_TEMPLATE = re.compile(r"\{[{%].*?[%}]\}", re.S)
NAME_IN_TEMPLATE = re.compile(r"""\.([a-z_]\w*)|attribute=["'](\w+)["']""")


class Use:
    """What was seen of an app: `note` takes each of its statements, `look` what its set-up holds after a step."""

    def __init__(self) -> None:
        self.statements = 0
        self._built: set[BuiltStatement] = set()
        self.filled: set[Place] = set()
        self._shapes: set[Any] = set()
        self._changed: set[Place] = set()
        self._conditions: set[Place] = set()
        self._returned: dict[Place, set[str]] = {}
        self._exported: set[Place] = set()
        self._exports: set[str] = set()

    @property
    def read(self) -> set[Place]:
        used = names_used()
        return self._conditions | self._exported | {where for where, names in self._returned.items() if names & used}

    def note(self, statement: Any) -> None:
        """Take a statement as the Database port gets it; of those that differ in values alone, the first counts."""
        while hasattr(statement, "statement"):
            statement = statement.statement
        self.statements += 1
        if isinstance(statement, BoundStatement):
            if statement.built in self._built:
                return
            self._built.add(statement.built)
            statement = statement.afresh()
        shape = statement._generate_cache_key()
        if shape and shape.key in self._shapes:
            return
        self._shapes.update([shape.key] if shape else [])
        for name, element in _results(statement):
            for place in _places(element):
                self._returned.setdefault(place, set()).add(name)
        self._conditions |= {place for element in _conditions(statement) for place in _places(element)}

    def look(self, setup: SetUp, changed: Collection[Place] = ()) -> None:
        """Take what the tables and the exports hold; columns that were `changed` past the app no longer count."""
        self._changed.update(changed)
        unknown = [column for column in COLUMNS if place(column) not in self.filled | self._changed]
        if unknown:
            [found] = setup.rows(filled(unknown))
            self.filled |= {place(column) for number, column in enumerate(unknown) if found[f"c{number}"]}
        for key in setup.objects():
            if "/export_" in key and key.endswith(".zip") and key not in self._exports:
                self._exports.add(key)
                self._exported |= set(exported(setup.stored(key)))


def place(column: Column[Any]) -> Place:
    return column.table.name, column.name


def filled(columns: Sequence[Column[Any]]) -> str:
    """A SELECT of one row that says of each column whether it holds something else than nothing or its default."""
    return "SELECT " + ", ".join(f"{_is_filled(column)} AS c{number}" for number, column in enumerate(columns))


def _is_filled(column: Column[Any]) -> str:
    table, name, default = column.table.name, column.name, column.server_default
    differs = "" if default is None else f""" AND "{name}" <> '{default.arg}'"""
    return f'EXISTS (SELECT 1 FROM "{table}" WHERE "{name}" IS NOT NULL{differs})'


def exported(archive: bytes) -> Iterator[Place]:
    """The columns that a customer's export shows."""
    with zipfile.ZipFile(io.BytesIO(archive)) as opened:
        tables: dict[str, list[dict[str, Any]]] = json.loads(opened.read("data.json"))
    return ((table, name) for table, rows in tables.items() for row in rows for name in row)


@cache
def names_used() -> frozenset[str]:
    """The names of attributes and keys whose values the app's code and templates use."""
    found: set[str] = set()
    for folder in (ROOT / "app", ROOT / "handlers"):
        for path in folder.rglob("*.py"):
            found.update(names_in_code(path.read_text("utf-8")))
        for path in folder.rglob("*.html"):
            found.update(names_in_template(path.read_text("utf-8")))
    return frozenset(found)


def names_in_code(source: str) -> Iterator[str]:
    """Not those of columns in statements, nor those of values that keep their name on the way (`name=row.name`)."""
    tree = ast.parse(source)
    keywords = [each for each in ast.walk(tree) if isinstance(each, ast.keyword)]
    copies = {id(each.value) for each in keywords if each.arg == _name(each.value)}
    for node in ast.walk(tree):
        if id(node) not in copies and (name := _name(node)):
            yield name


def names_in_template(source: str) -> Iterator[str]:
    for expression in IN_TEMPLATE.findall(source):
        for names in NAME_IN_TEMPLATE.findall(expression):
            yield from filter(None, names)


def _name(node: ast.AST) -> str | None:
    """The attribute or the key that an expression reads; None for what is no such expression."""
    if not isinstance(node, ast.Attribute | ast.Subscript) or not isinstance(node.ctx, ast.Load):
        return None
    if isinstance(node.value, ast.Attribute) and node.value.attr in ("c", "excluded"):
        return None
    if isinstance(node, ast.Attribute):
        return node.attr
    key = node.slice.value if isinstance(node.slice, ast.Constant) else None
    return key if isinstance(key, str) else None


def _results(statement: Any) -> Iterator[tuple[str, Any]]:
    """What a statement returns, by name."""
    if isinstance(statement, SelectBase):
        yield from statement.selected_columns.items()
    else:
        yield from ((each.key, each) for each in statement._returning)


def _conditions(statement: Any) -> Iterator[Any]:
    """The parts of a statement that decide something, those of queries within it too."""
    if isinstance(statement, Update | Insert | Delete):
        yield from getattr(statement, "_where_criteria", ())
        yield from _sources(dict(getattr(statement, "_values", None) or {}).items())
        if isinstance(statement, Insert):
            yield from [statement.select] if statement.select is not None else []
            conflict = statement._post_values_clause
            where = getattr(conflict, "update_whereclause", None)
            yield from [where] if where is not None else []
            yield from _sources(dict(getattr(conflict, "update_values_to_set", ())).items())
        return
    for part in visitors.iterate(statement):
        if isinstance(part, SelectBase) and part is not statement:
            yield from part.selected_columns
        for clauses in ("_where_criteria", "_order_by_clauses", "_group_by_clauses", "_having_criteria"):
            yield from getattr(part, clauses, ())
        joins = [getattr(part, "onclause", None)]
        joins += [condition for _, condition, *_ in getattr(part, "_setup_joins", ())]
        yield from (each for each in joins if each is not None)


def _sources(values: Iterable[tuple[Any, Any]]) -> Iterator[Any]:
    """The columns that others are written from; a counter that is only counted up is not one."""
    for target, value in values:
        name = target if isinstance(target, str) else target.name
        if hasattr(value, "get_children"):
            yield from (each for each in visitors.iterate(value) if isinstance(each, Column) and each.name != name)


def _places(element: Any) -> Iterator[Place]:
    for each in visitors.iterate(element):
        for base in getattr(each, "base_columns", ()):
            if isinstance(base, Column) and isinstance(base.table, Table):
                yield base.table.name, base.name
