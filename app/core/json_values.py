"""Single values out of JSON that others wrote. What cannot be read is None; reading never raises."""

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
"""The first whole number from which a float no longer names each one."""
LONGEST_NUMBER = 40
"""Digits. Python takes quadratic time for longer ones, and refuses those of more than 4300."""
YEARS = range(2000, 2101)


def parse(body: bytes) -> Any:
    """The JSON in a body, with whole numbers exact; one of more than 40 digits stays text, as no field of ours has it.

    Bytes that are no UTF-8 cost the character that they stand in, not the body. Raises ValueError, or RecursionError
    when it is nested too deeply.
    """
    text = body.decode(errors="replace")
    return json.loads(text, parse_int=lambda digits: int(digits) if len(digits) <= LONGEST_NUMBER else digits)


def shopify_id(value: Any) -> str | None:
    """The digits of a numeric id, given as a number or as text."""
    if isinstance(value, float) and value.is_integer() and value < EXACT:
        value = int(value)
    digits = value.strip() if isinstance(value, str) else str(value) if _is_number(value) else ""
    return (digits.lstrip("0") or None) if ID.fullmatch(digits) else None


def id_of_gid(value: Any) -> str | None:
    """The numeric part of a global id such as `gid://shopify/Order/9001`."""
    found = GID.fullmatch(value) if isinstance(value, str) else None
    return shopify_id(found[1]) if found else None


def text(value: Any, longest: int) -> str | None:
    """Text, or a number as text, cut to a number of characters, and without what a database refuses.

    JSON can hold half a surrogate pair, which is no UTF-8, and NUL, which PostgreSQL does not store.
    """
    if not isinstance(value, str):
        return str(value)[:longest] if _is_number(value) or isinstance(value, float) else None
    return value[:longest].replace("\x00", "").encode(errors="replace").decode()


def whole(value: Any, most: int) -> int | None:
    """A whole number from 0 to `most`, also when it is written as text or with a decimal point."""
    if isinstance(value, str) and re.fullmatch(r"\s*[0-9]{1,20}\s*", value, re.ASCII):
        value = int(value)
    if isinstance(value, float) and value.is_integer() and value < EXACT:
        value = int(value)
    return value if _is_number(value) and 0 <= value <= most else None


def moment(value: Any) -> datetime | None:
    """An ISO 8601 time of this century."""
    try:
        found = from_text(value) if isinstance(value, str) else None
    except (ValueError, OverflowError):
        return None
    return found.astimezone(UTC) if found and found.year in YEARS else None


def _is_number(value: Any) -> bool:
    """Whether this is a whole number that is not too long to be written out. A truth value is none."""
    return isinstance(value, int) and not isinstance(value, bool) and abs(value) < 10**LONGEST_NUMBER
