"""docs/security.md gives the bounds that the code keeps, and how long an attack by its figures lasts."""

from __future__ import annotations

import re
from datetime import timedelta
from importlib import import_module
from typing import Any

import pytest

from app.media.uploads import MAX_UPLOAD_BYTES
from app.quotas.model import MONTHLY_GENERATIONS
from handlers.http.limits import LIMITS, NETWORK_TIMES
from tests.facts import states
from tests.sources import ROOT
from tests.unit.quotas.test_month import taken

TEXT = (ROOT / "docs" / "security.md").read_text("utf-8")
NAMED = re.compile(r"`([a-z_.]+): ([^`]+)`")
NUMBER = re.compile(r"(?<![\w/])(\d[\d,]*(?:\.\d+)?)(?: (KB|MB|s|minutes|hours|days)\b)?")
UNITS = {"": 1, "KB": 1024, "MB": 1024**2, "s": 1, "minutes": 60, "hours": 3600, "days": 86_400}
NAMES = re.compile(r"IPv[46]|/\d+|D1|503|IDs?")
"""Digits that are part of a name, or a status."""
HELD = [
    ([cell.strip() for cell in line.strip("| ").split(" | ")], NAMED.findall(line))
    for line in TEXT.splitlines()
    if line.startswith("|") and NAMED.search(line)
]


def value_of(module: str, expression: str) -> float:
    """The number that a constant holds: megabytes of memory as bytes, and times as seconds."""
    value: Any = eval(expression, vars(import_module(module)))
    value = value.total_seconds() if isinstance(value, timedelta) else value
    return float(value) * (1024**2 if expression == "MOST_MEGABYTES" else 1)


@pytest.mark.parametrize(("cells", "constants"), HELD, ids=[cells[0] for cells, _ in HELD])
def test_every_number_beside_a_constant_is_its_value(cells: list[str], constants: list[tuple[str, str]]) -> None:
    """Both ways: the row has no other number than those of its constants."""
    figures = NAMES.sub("", " | ".join(cell for cell in cells[1:] if not NAMED.search(cell)))
    said = {float(number.replace(",", "")) * UNITS[unit] for number, unit in NUMBER.findall(figures)}
    assert said == {value_of(*constant) for constant in constants}


def test_every_row_of_what_can_be_used_up_names_a_constant() -> None:
    section = TEXT.split("## What can be used up")[1].split("\n## ")[0]
    rows = [line for line in section.splitlines() if line.startswith("|")][2:]
    assert len(rows) >= 12
    assert [row for row in rows if not NAMED.search(row)] == []


def test_a_shops_month_lasts_as_long_as_the_page_says() -> None:
    row = re.search(r"\| (\d+) of (\d+) in (\d+) days; (\d+) are always left", TEXT)
    assert row
    used, month, days, left = map(int, row.groups())
    assert month == MONTHLY_GENERATIONS
    assert (taken(month, 1, days), month - taken(month, 1, days)) == (used, left)
    for who, senders in (("an IPv6 /48", NETWORK_TIMES), ("ten addresses", 10)):
        lasts = re.search(rf"\| {who}.*? the month of {month} in (\d+) days", TEXT)
        assert lasts
        assert taken(month, senders, int(lasts[1])) == month
        assert taken(month, senders, int(lasts[1]) - 1) < month


def test_a_gigabyte_takes_as_many_addresses_as_the_page_says() -> None:
    """Each may announce so many megabytes a day, whatever its tickets hold."""
    [addresses] = [number for number in range(1, 50) if number * _announced() >= 1000 > (number - 1) * _announced()]
    assert (addresses, states(TEXT, "tickets", "five addresses")) == (5, True)


def test_large_webhooks_need_two_addresses_and_a_steady_stream() -> None:
    parse, webhooks = import_module("handlers.http.parse"), import_module("handlers.webhooks")
    assert (parse.BODY_MEMORY_BYTES / parse.ADDRESS_MEMORY_BYTES, states(TEXT, "large webhooks", "two addresses")) == (
        2,
        True,
    )
    a_second = parse.BODY_MEMORY_BYTES / webhooks.BODY_S / 1024**2
    assert states(TEXT, f"{a_second:.1f} MB a second")


def _announced() -> int:
    """Megabytes that one address may announce while its tickets are unused."""
    ticket, megabytes = LIMITS["ticket"].address or 0, LIMITS["upload_megabytes"].address or 0
    return min(ticket * MAX_UPLOAD_BYTES // 1024**2, megabytes)
