"""Prompt templates: what may stand in braces, and how it is filled in."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.personalization.prompts import PLACEHOLDERS, filled, unknown_placeholders

VALUES = {"product": "Photo {size} Mug", "size": "11 oz", "style": "Oil"}


@pytest.mark.parametrize(
    ("template", "prompt"),
    [
        ("An oil painting", "An oil painting"),
        ("For a {product} of {size}", "For a Photo {size} Mug of 11 oz"),
        ("{style}{style}", "OilOil"),
        ("{wedding} {", "{wedding} {"),
        ("", ""),
    ],
)
def test_placeholders_are_filled_in_once(template: str, prompt: str) -> None:
    assert filled(template, VALUES) == prompt


@pytest.mark.parametrize(
    ("template", "unknown"),
    [
        ("no braces, {product} and {size}", []),
        ("{wedding} and {wedding}, {Product}", ["{wedding}", "{Product}"]),
        ("{product", ["{"]),
        ("} {{size}}", ["}", "{"]),
        ("{}", ["{}"]),
    ],
)
def test_what_is_no_placeholder_is_found(template: str, unknown: list[str]) -> None:
    assert unknown_placeholders(template) == unknown


@given(st.text("ab{} ", max_size=30), st.dictionaries(st.sampled_from(sorted(PLACEHOLDERS)), st.text(max_size=9)))
def test_a_template_that_is_accepted_has_no_braces_of_its_own_left(template: str, values: dict[str, str]) -> None:
    if not unknown_placeholders(template):
        emptied = filled(template, dict.fromkeys(PLACEHOLDERS, ""))
        assert "{" not in emptied
        assert "}" not in emptied
    assert filled(template, values).count("a") >= template.count("a") - sum(map(len, PLACEHOLDERS))
