"""docs/operations.md names the log's lines as the code writes them."""

from __future__ import annotations

import re
from dataclasses import astuple

from handlers.limits import LIMITS
from tests.sources import ROOT

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
    told = {name: [None if each == "–" else int(each) for each in cells.split(" | ")] for name, cells in rows}
    assert told == {name: list(astuple(limit)) for name, limit in LIMITS.items()}


def _names(group: str) -> list[str]:
    return re.findall(r"`(\w+)`", group)
