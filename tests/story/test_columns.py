"""Every column of a seed that is built lives: the story sets it, and something reads it.

The exceptions are in docs/data-model.md, each with its reason.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.data_model import document
from tests.data_model.use import Place, Use
from tests.story.conftest import Told

TEXT = document.PATH.read_text("utf-8")
ANY_TABLE = [each for each in document.unused(TEXT) if each.table == "*"]
ONE_COLUMN = {(each.table, each.column): each for each in document.unused(TEXT) if each.table != "*"}


@pytest.fixture(scope="module")
def missing(told: Callable[[str], Told]) -> dict[Place, str]:
    """What each built column of the seeds lacks, after the story."""
    use = told("sqlite").use
    assert use.statements > 1000
    found = {place: lacking(use, place) for place in built()}
    assert len(found) > 150
    return {place: what for place, what in found.items() if what}


def test_what_is_not_set_or_not_read_is_in_the_document(missing: dict[Place, str]) -> None:
    excused = {place for place, what in missing.items() for each in ANY_TABLE if each.covers(*place, what)}
    documented = {
        place: "set" if each.missing == document.ELSEWHERE else each.missing for place, each in ONE_COLUMN.items()
    }
    assert {place: what for place, what in missing.items() if place not in excused} == documented


def test_every_general_exception_excuses_something(missing: dict[Place, str]) -> None:
    assert [each for each in ANY_TABLE if not any(each.covers(*place, what) for place, what in missing.items())] == []


def lacking(use: Use, place: Place) -> str | None:
    return {(False, False): "both", (True, False): "read", (False, True): "set"}.get(
        (place in use.filled, place in use.read)
    )


def built() -> set[Place]:
    return {place for entry in document.entries(TEXT) if entry.state == "built" for place in entry.columns}
