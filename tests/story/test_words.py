"""The story's words: what was kept comes back, and what differs is noticed."""

from __future__ import annotations

from typing import Any

import pytest

from tests.story.words import filled, misfit

ID = "01a1fda9-388c-7ce2-9fb1-41909b9a4000"


def test_a_place_alone_becomes_the_thing_itself_and_a_place_in_a_text_its_words() -> None:
    kept = {"order": {"id": 7, "lines": [{"id": 8}]}}
    assert filled({"${order.id}": ["${order.lines.0.id}", "line ${order.lines.0.id}"]}, kept) == {"7": [8, "line 8"]}


@pytest.mark.parametrize(
    ("expected", "actual"),
    [
        ({"a": 1}, {"a": 1, "b": 2}),
        ([{"a": None}], [{"a": None}]),
        ("<id>", ID),
        ("print of <id>", f"print of {ID}"),
        ("<text>ready<text>", "it is\nready now"),
    ],
)
def test_what_fits(expected: Any, actual: Any) -> None:
    assert misfit(expected, actual) is None


@pytest.mark.parametrize(
    ("expected", "actual"),
    [
        ({"a": 1}, {"b": 1}),
        ({"a": 1}, {"a": "1"}),
        ({"a": True}, {"a": 1}),
        ([], [1]),
        ([1, 2], [1]),
        ("<id>", "not an id"),
        ("<text>", ""),
        ("<seconds>", "0"),
        ({"a": {"b": [1]}}, {"a": {"b": [2]}}),
        ("word", None),
    ],
)
def test_what_does_not_fit(expected: Any, actual: Any) -> None:
    assert misfit(expected, actual) is not None
