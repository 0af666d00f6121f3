"""The words of a chapter: `${preview.id}` stands for what was kept, `<id>` for anything of that form."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

KEPT = re.compile(r"\$\{([^}]+)\}")
FORMS = {
    "id": r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}",
    "time": r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z",
    "token": r"[A-Za-z0-9_-]{43}",
    "view token": r"\d{10}\.[0-9a-f]{64}",
    "link": r"http://127\.0\.0\.1:\d+/\S+",
    "seconds": r"[1-9]\d?",
    "text": r"(?s:.+)",
}
FORM = re.compile("<(" + "|".join(FORMS) + ")>")


def filled(value: Any, kept: Mapping[str, Any]) -> Any:
    """The value with what was kept in its places; a text that is one place alone becomes the thing itself."""
    if isinstance(value, dict):
        return {str(filled(name, kept)): filled(each, kept) for name, each in value.items()}
    if isinstance(value, list):
        return [filled(each, kept) for each in value]
    if not isinstance(value, str):
        return value
    if whole := KEPT.fullmatch(value):
        return _found(whole[1], kept)
    return KEPT.sub(lambda place: str(_found(place[1], kept)), value)


def misfit(expected: Any, actual: Any, where: str = "") -> str | None:
    """How the actual differs from what was expected, or None. Objects may hold more than was expected, lists not."""
    if isinstance(expected, dict) and isinstance(actual, dict):
        missing = next((f"{where}.{name} is missing" for name in expected if name not in actual), None)
        return missing or next(_misfits(expected, actual, expected, where), None)
    if isinstance(expected, list) and isinstance(actual, list) and len(expected) == len(actual):
        return next(_misfits(expected, actual, range(len(expected)), where), None)
    if isinstance(expected, str) and FORM.search(expected) and isinstance(actual, str):
        pattern = "".join(FORMS[part] if odd else re.escape(part) for odd, part in _parts(expected))
        return None if re.fullmatch(pattern, actual) else f"{where} is {actual!r}, not like {expected!r}"
    same = type(expected) is type(actual) and expected == actual
    return None if same else f"{where} is {actual!r}, not {expected!r}"


def _misfits(expected: Any, actual: Any, keys: Any, where: str) -> Any:
    return (fault for key in keys if (fault := misfit(expected[key], actual[key], f"{where}.{key}")))


def _parts(expected: str) -> Any:
    """The text cut at its forms: every second part is a form's name."""
    return ((at % 2, part) for at, part in enumerate(FORM.split(expected)))


def _found(path: str, kept: Mapping[str, Any]) -> Any:
    value: Any = kept
    for step in path.split("."):
        value = value[int(step)] if isinstance(value, list) else value[step]
    return value
