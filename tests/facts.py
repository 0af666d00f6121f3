"""What a page states, however it words it: tests of documents compare facts, so that a text may be rewritten."""

from __future__ import annotations

import re


def states(page: str, *facts: str) -> bool:
    """Whether one sentence, or one cell of a table, of a page in Markdown holds all these figures and terms.

    Case and line breaks do not matter; a figure is not found within a longer one.
    """
    return any(all(_holds(sentence, fact) for fact in facts) for sentence in _sentences(page))


def _sentences(page: str) -> list[str]:
    blocks = (" ".join(block.split()) for block in re.split(r"\n\s*\n|\||\n(?=[#*-] )", page))
    return [sentence for block in blocks for sentence in re.split(r"(?<=[.;:?!])\s", block)]


def _holds(sentence: str, fact: str) -> bool:
    return re.search(rf"(?<![\w.,]){re.escape(fact)}(?![\w]|[.,]\d)", sentence, re.IGNORECASE) is not None
