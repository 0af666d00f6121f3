"""Prompt templates of styles: the placeholders that a merchant may use, and how a preview fills them in."""

from __future__ import annotations

import re
from collections.abc import Mapping

PLACEHOLDERS = {
    "product": "the product's title",
    "size": "the name of the print size",
    "style": "the style's name",
}
_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")


def unknown_placeholders(template: str) -> list[str]:
    """Return what stands in braces without being a placeholder, each once, and stray braces."""
    named = [found for found in _PLACEHOLDER.findall(template) if found not in PLACEHOLDERS]
    stray = [letter for letter in _PLACEHOLDER.sub("", template) if letter in "{}"]
    return list(dict.fromkeys([*[f"{{{name}}}" for name in named], *stray]))


def filled(template: str, values: Mapping[str, str]) -> str:
    """Return the prompt with these values. Braces in a value stay as they are, and so does what is no placeholder."""
    return _PLACEHOLDER.sub(lambda match: values.get(match[1], match[0]), template)
