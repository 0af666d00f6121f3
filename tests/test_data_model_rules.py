"""docs/data-model.md says where every rule of the five seeds is held that is not a field, and says it truly.

With SEEDS set to the folder of the seeds, the rules are read from them as well as from the record.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Table
from sqlalchemy.sql.schema import ColumnCollectionConstraint

import app.schema  # noqa: F401  # fills the metadata
from app.core.tables import metadata
from tests.data_model import document, rules
from tests.sources import ROOT

TEXT = document.PATH.read_text("utf-8")
RULES = list(document.rules(TEXT))
BUILT = [rule for rule in RULES if rule.state == "built"]
SERVED_BY = {"uuid": "id", "createdAt": "id"}
"""One id is both the key and the public id, and ids are in the order of time."""
SOURCES = ["recorded", "seeds"] if os.environ.get("SEEDS") else ["recorded"]
SCHEMA = (ROOT / "schema.sql").read_text("utf-8")


@pytest.mark.parametrize("source", SOURCES)
def test_every_rule_of_the_seeds_has_one_row(source: str) -> None:
    wanted = rules.recorded() if source == "recorded" else rules.read_folder(Path(os.environ["SEEDS"]))
    assert {seed: len(names) for seed, names in wanted.items()} == {
        "000": 43,
        "001": 49,
        "002": 76,
        "003": 47,
        "004": 56,
    }
    assert [(rule.seed, rule.name) for rule in RULES] == [
        (seed, name) for seed, names in wanted.items() for name in names
    ]


def test_every_rule_has_a_known_state() -> None:
    assert {rule.state for rule in RULES} == {"built", "planned", "dropped"}


def test_what_is_built_names_a_part_of_the_schema_or_a_test() -> None:
    assert [rule.name for rule in BUILT if not rule.constraints and not document.tests_named(rule.where)] == []


def test_every_index_and_constraint_that_a_rule_names_is_in_the_schema() -> None:
    named = {name for rule in RULES for name in rule.constraints}
    assert len(named) > 50
    assert sorted(name for name in named if not re.search(rf"\b{name}\b", SCHEMA)) == []


def test_an_index_that_serves_a_column_of_a_seed_has_that_column() -> None:
    wanted = {rule: re.fullmatch(r"\w+ ON \w+\((\w+)\)", rule.name) for rule in BUILT}
    served = {rule: SERVED_BY.get(column[1], snake(column[1])) for rule, column in wanted.items() if column}
    assert len(served) > 20
    columns = {each.name: set(each.columns.keys()) for table in metadata.tables.values() for each in parts(table)}
    assert [rule.name for rule, column in served.items() if column not in columns[rule.constraints[0]]] == []


def test_a_foreign_key_deletes_as_its_row_says() -> None:
    keys = {each.name: each for table in metadata.tables.values() for each in table.foreign_key_constraints}
    wanted = {rule: "RESTRICT" if "RESTRICT" in rule.where else "CASCADE" for rule in BUILT if "ON DELETE" in rule.name}
    assert len(wanted) >= 16
    assert {rule.name: keys[rule.constraints[0]].ondelete for rule in wanted} == {
        rule.name: action for rule, action in wanted.items()
    }


def test_what_is_planned_comes_with_a_capability() -> None:
    capabilities = document.planned_capabilities(TEXT)
    assert {"credits", "product_shots", "campaigns"} <= capabilities
    planned = [rule for rule in RULES if rule.state == "planned"]
    assert [rule.name for rule in planned if rule.capability not in capabilities] == []


def test_every_test_that_the_document_names_exists() -> None:
    named = document.tests_named(TEXT)
    assert len(named) > 40
    assert [name for name in named if not _exists(*name.split("::"))] == []


def test_what_only_a_test_sets_names_that_test() -> None:
    unnamed = [each for each in document.unused(TEXT) if each.missing == document.ELSEWHERE]
    assert unnamed
    assert [each for each in unnamed if not document.tests_named(each.reason)] == []


def snake(name: str) -> str:
    return re.sub(r"[A-Z]", lambda letter: f"_{letter[0].lower()}", name)


def parts(table: Table) -> list[Any]:
    return [*table.indexes, *(each for each in table.constraints if isinstance(each, ColumnCollectionConstraint))]


def _exists(path: str, function: str = "") -> bool:
    file = ROOT / path
    return file.is_file() and (not function or f"def {function}(" in file.read_text("utf-8"))
