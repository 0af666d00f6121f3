"""Readers for single values of untrusted JSON. A value that cannot be read is None; only `parse` raises."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from typing import Any

from app.core.times import from_text

ID = re.compile(r"[0-9]{1,20}")
"""Shopify's ids are whole numbers of up to 64 bits, which have at most 20 digits."""
GID = re.compile(r"gid://shopify/[A-Za-z]+/([0-9]{1,20})")
EXACT = 2**53
"""From here on, floats cannot represent every whole number."""
LONGEST_NUMBER = 40
"""Digits. Python takes quadratic time for longer ones, and refuses those of more than 4300."""
YEARS = range(2000, 2101)


def parse(body: bytes) -> Any:
    """Parse a JSON body with exact whole numbers. A number of more than 40 digits stays text; no field needs one.

    Invalid UTF-8 only replaces the affected character. Raises ValueError, or RecursionError if it is nested too deeply.
    """
    text = body.decode(errors="replace")
    return json.loads(text, parse_int=lambda digits: int(digits) if len(digits) <= LONGEST_NUMBER else digits)


def shopify_id(value: Any) -> str | None:
    """Return the digits of a numeric id, given as a number or as text."""
    if isinstance(value, float) and value.is_integer() and value < EXACT:
        value = int(value)
    digits = value.strip() if isinstance(value, str) else str(value) if _is_number(value) else ""
    return (digits.lstrip("0") or None) if ID.fullmatch(digits) else None


def id_of_gid(value: Any) -> str | None:
    """Return the numeric part of a global id such as `gid://shopify/Order/9001`."""
    found = GID.fullmatch(value) if isinstance(value, str) else None
    return shopify_id(found[1]) if found else None


def text(value: Any, longest: int) -> str | None:
    """Return text, or a number as text, cut to `longest` characters and without characters that databases refuse.

    JSON can contain half a surrogate pair, which is not valid UTF-8, and NUL, which PostgreSQL does not store.
    """
    if not isinstance(value, str):
        return str(value)[:longest] if _is_number(value) or isinstance(value, float) else None
    return value[:longest].replace("\x00", "").encode(errors="replace").decode()


def whole(value: Any, most: int) -> int | None:
    """Return a whole number from 0 to `most`, even if it is written as text or with a decimal point."""
    if isinstance(value, str) and re.fullmatch(r"\s*[0-9]{1,20}\s*", value, re.ASCII):
        value = int(value)
    if isinstance(value, float) and value.is_integer() and value < EXACT:
        value = int(value)
    return value if _is_number(value) and 0 <= value <= most else None


def moment(value: Any) -> datetime | None:
    """Return an ISO 8601 time from 2000 to 2100, in UTC."""
    try:
        found = from_text(value) if isinstance(value, str) else None
    except (ValueError, OverflowError):
        return None
    return found.astimezone(UTC) if found and found.year in YEARS else None


def _is_number(value: Any) -> bool:
    """Whether this is a whole number (not a boolean) that is not too long to convert to text."""
    return isinstance(value, int) and not isinstance(value, bool) and abs(value) < 10**LONGEST_NUMBER
