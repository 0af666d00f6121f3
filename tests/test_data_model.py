"""docs/data-model.md says where every name of the five seeds lives, and says it truly.

With SEEDS set to the folder of the seeds, the names are read from them as well as from the record.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from tests.data_model import document, schema, seeds

TEXT = document.PATH.read_text("utf-8")
ENTRIES = list(document.entries(TEXT))
SOURCES = ["recorded", "seeds"] if os.environ.get("SEEDS") else ["recorded"]


@pytest.fixture(params=SOURCES, scope="module")
def names(request: pytest.FixtureRequest) -> dict[str, seeds.Tables]:
    return seeds.recorded() if request.param == "recorded" else seeds.read_folder(Path(os.environ["SEEDS"]))


@pytest.fixture(scope="module")
def columns() -> schema.Columns:
    return schema.read()


def test_every_field_and_value_of_the_seeds_has_one_row(names: dict[str, seeds.Tables]) -> None:
    wanted = sorted(
        f"{seed} {table}.{field}" for seed, tables in names.items() for table in tables for field in tables[table]
    )
    assert len(wanted) > 700
    assert sorted(entry.path for entry in ENTRIES) == wanted


def test_every_value_named_beside_a_field_is_in_its_row(names: dict[str, seeds.Tables]) -> None:
    rows = {entry.path: entry.where for entry in ENTRIES}
    missing = [
        f"{seed} {table}.{field}: {value}"
        for seed, tables in names.items()
        for table, fields in tables.items()
        for field, values in fields.items()
        for value in values
        if value not in rows[f"{seed} {table}.{field}"]
    ]
    assert missing == []


def test_every_row_has_a_known_state() -> None:
    assert {entry.state for entry in ENTRIES} <= {"built", "planned", "dropped"}


def test_what_is_not_dropped_names_its_column() -> None:
    assert [entry.path for entry in ENTRIES if entry.state != "dropped" and not entry.columns] == []


def test_what_is_built_is_in_the_schema(columns: schema.Columns) -> None:
    built = [entry for entry in ENTRIES if entry.state == "built"]
    assert built
    absent = [
        f"{entry.path}: {table}.{column}"
        for entry in built
        for table, column in entry.columns
        if column not in columns.get(table, ())
    ]
    assert absent == [], "python -m tests.data_model.document sets the states"


def test_what_is_planned_is_not_in_the_schema_yet(columns: schema.Columns) -> None:
    planned = [entry for entry in ENTRIES if entry.state == "planned"]
    present = [entry.path for entry in planned if _exists(entry.columns[0], columns)]
    assert present == [], "python -m tests.data_model.document sets the states"


def test_every_table_that_a_row_names_is_built_or_planned(columns: schema.Columns) -> None:
    known = set(columns) | document.planned_tables(TEXT)
    unknown = {f"{entry.path}: {table}" for entry in ENTRIES for table, _ in entry.columns if table not in known}
    assert unknown == set()


def test_no_table_is_both_built_and_planned(columns: schema.Columns) -> None:
    assert document.planned_tables(TEXT) & set(columns) == set()


def test_every_table_of_the_schema_is_in_the_document(columns: schema.Columns) -> None:
    assert columns
    assert [table for table in columns if f"`{table}`" not in TEXT and f"`{table}." not in TEXT] == []


def test_every_table_says_what_deletes_its_rows(columns: schema.Columns) -> None:
    section = TEXT.partition("## What deletes a table's rows\n")[2].partition("\n## ")[0]
    first_cells = [line.split("|")[1] for line in section.splitlines() if line.startswith("| `")]
    named = [name for cell in first_cells for name in re.findall(r"`(\w+)`", cell)]
    assert sorted(named) == sorted(columns)


def test_states_follow_the_schema() -> None:
    rows = "| a | planned | `shops.id` |\n| b | built | `shops.mood` |\n| c | dropped | Not ours |"
    restated = document.with_states_of({"shops": {"id"}}, rows)
    assert restated == "| a | built | `shops.id` |\n| b | planned | `shops.mood` |\n| c | dropped | Not ours |"


def _exists(place: tuple[str, str], columns: schema.Columns) -> bool:
    table, column = place
    return column in columns.get(table, ())
