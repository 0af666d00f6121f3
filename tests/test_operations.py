"""docs/operations.md has the log lines, limits and times of the code."""

from __future__ import annotations

import re
from datetime import timedelta

from app.media import MOST_COST, TICKET_LIFE
from app.media.model import LATE_LIFE
from app.media.uploads import SWEPT_AT_ONCE
from app.privacy import retention
from handlers.http.limits import LIMITS, NETWORK_TIMES
from tests.facts import states
from tests.sources import ROOT
from tests.unit.quotas.test_month import taken

PAGE = ROOT / "docs" / "operations.md"
WRITTEN = re.compile(r"""log\.(?:info|warning|error)\(\s*"(\w+)\"""")


def test_every_log_line_that_the_page_names_is_written() -> None:
    sources = [path.read_text("utf-8") for folder in ("app", "handlers") for path in (ROOT / folder).rglob("*.py")]
    written = {name for source in sources for name in WRITTEN.findall(source)}
    named = {
        name for group in re.findall(r"\((`\w+`(?:, `\w+`)*)\)", PAGE.read_text("utf-8")) for name in _names(group)
    }
    assert len(named) >= 10
    assert named <= written


def test_the_table_of_limits_is_that_of_the_code() -> None:
    rows = re.findall(r"^\| `(\w+)`: .+? \| (.+) \|$", PAGE.read_text("utf-8"), re.MULTILINE)
    cells_of = {name: cells.split(" | ") for name, cells in rows}
    told = {name: [window, *map(_number, cells)] for name, (window, *cells) in cells_of.items()}
    assert told == {
        name: [limit.window.value, limit.visitor, limit.address, limit.shop, limit.everyone]
        for name, limit in LIMITS.items()
    }


def test_the_table_of_months_is_what_the_shares_leave() -> None:
    text = PAGE.read_text("utf-8")
    rows = re.findall(r"^\| (one address|an IPv6|ten addresses).*? \| (\d+) \| (\d+) \|", text, re.MULTILINE)
    senders = {"one address": 1, "an IPv6": NETWORK_TIMES, "ten addresses": 10}
    left = [[500 - taken(500, senders[who], days) for days in (1, 7)] for who, _, _ in rows]
    assert [[int(day), int(week)] for _, day, week in rows] == left
    assert 500 - taken(500, 1, 31) == 120
    assert [taken(500, senders, days) for senders, days in ((4, 13), (4, 14), (10, 5), (10, 6))] == [485, 500, 475, 500]


def test_the_page_says_how_much_a_network_has_and_how_much_is_swept() -> None:
    text = PAGE.read_text("utf-8")
    assert (NETWORK_TIMES, states(text, "/48", "four times")) == (4, True)
    assert states(text, f"{SWEPT_AT_ONCE} files")
    assert states(text, "largest", f"{MOST_COST}")
    assert states(text, "storage", f"{int(TICKET_LIFE.total_seconds() / 60)} minutes")
    assert timedelta(hours=1) == TICKET_LIFE + LATE_LIFE


def test_the_table_of_rounds_is_what_a_day_of_sweeps_comes_to() -> None:
    rows = re.findall(r"^\| `(\w+)` \| [a-z][^|]+ \| ([^|]+) \| ([^|]+) \|$", PAGE.read_text("utf-8"), re.MULTILINE)
    numbers = {name: [_numbers(minute), _numbers(day)] for name, minute, day in rows}
    pages = {
        "previews": [retention.SHOPS_AT_ONCE, retention.PREVIEWS_AT_ONCE],
        "objects": [retention.OBJECTS_AT_ONCE],
        "files": [retention.FILES_AT_ONCE],
        "deleted": [retention.DELETED_AT_ONCE],
        "sessions": [retention.SESSIONS_AT_ONCE],
        "counters": [retention.SHOPS_AT_ONCE],
    }
    minutes = retention.ROUND // timedelta(minutes=1)
    assert numbers == {name: [sizes, [size * minutes for size in sizes]] for name, sizes in pages.items()}
    assert set(numbers) == set(retention.SWEEPS)


def _numbers(cell: str) -> list[int]:
    return [int(number.replace(",", "")) for number in re.findall(r"[\d,]*\d", cell)]


def _number(cell: str) -> int | None:
    return None if cell == "–" else int(cell)


def _names(group: str) -> list[str]:
    return re.findall(r"`(\w+)`", group)
