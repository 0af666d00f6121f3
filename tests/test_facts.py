"""Facts of a page are found whatever words stand around them."""

from __future__ import annotations

import pytest

from tests.facts import states

PAGE = """
# Bleed

With 3 mm at 300 dpi an A4 file is
2552 × 3580 pixels. Ask your printer first.

| what | how long |
|---|---|
| a photo | 24 hours, by default |
"""


@pytest.mark.parametrize(
    "facts", [["3 mm", "300 dpi"], ["2552 × 3580", "a4 FILE"], ["24 hours"], ["an A4 file is 2552 × 3580"]]
)
def test_facts_of_one_sentence_or_cell_are_found(facts: list[str]) -> None:
    assert states(PAGE, *facts)


@pytest.mark.parametrize(
    "facts", [["30 dpi"], ["52 × 3580"], ["3 mm", "printer"], ["a photo", "24 hours"], ["4 hours"]]
)
def test_other_figures_and_facts_of_several_sentences_are_not(facts: list[str]) -> None:
    assert not states(PAGE, *facts)
