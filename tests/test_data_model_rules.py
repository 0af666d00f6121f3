"""docs/data-model.md says where every rule of the five seeds is held that is not a field, and says it truly.

With SEEDS set to the folder of the seeds, the rules are read from them as well as from the record.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from tests.data_model import document, rules
from tests.sources import ROOT

TEXT = document.PATH.read_text("utf-8")
RULES = list(document.rules(TEXT))
BUILT = [rule for rule in RULES if rule.state == "built"]
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


def _exists(path: str, function: str = "") -> bool:
    file = ROOT / path
    return file.is_file() and (not function or f"def {function}(" in file.read_text("utf-8"))
