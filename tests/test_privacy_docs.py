"""docs/privacy.md promises the times that the code keeps."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

import pytest

from app.generation.model import USAGE_LIFE
from app.media.model import LATE_LIFE, TICKET_LIFE, UPLOAD_LIFE
from app.privacy import model
from app.shops.model import REDACT_AFTER
from app.shops.visitors import GUEST_LIFE
from tests.facts import states

TEXT = (Path(__file__).parents[1] / "docs" / "privacy.md").read_text("utf-8")
ROWS = dict(re.findall(r"^\| (.+?) \| .+? \| (.+?) \|$", TEXT, re.MULTILINE))
PROMISED = {
    "a photo that a": [UPLOAD_LIFE],
    "a photo that was announced": [TICKET_LIFE + LATE_LIFE],
    "the row of a deleted file": [model.GONE_LIFE],
    "a preview and": [model.PREVIEW_LIFE, model.LEAST_PREVIEW_LIFE, model.LONGEST_PREVIEW_LIFE],
    "a guest's token": [GUEST_LIFE],
    "a download": [model.EXPORT_LIFE],
    "a request": [model.REQUEST_LIFE],
    "what Shopify told": [model.MESSAGE_LIFE],
    "the log of calls": [USAGE_LIFE],
    "the audit log": [model.AUDIT_LIFE],
}


@pytest.mark.parametrize("beginning", PROMISED)
def test_the_table_says_how_long_the_code_keeps_it(beginning: str) -> None:
    [kept] = [kept for what, kept in ROWS.items() if what.startswith(beginning)]
    said = [timedelta(**{f"{unit}s": int(number)}) for number, unit in re.findall(r"(\d+) (hour|day)", kept)]
    assert said == PROMISED[beginning]


def test_every_time_in_the_table_is_compared() -> None:
    timed = [what for what, kept in ROWS.items() if re.search(r"\d", kept)]
    assert sorted(what for what in timed if not what.startswith(tuple(PROMISED))) == []
    assert len(timed) == len(PROMISED)


def test_the_text_says_how_long_links_and_shops_wait() -> None:
    assert states(TEXT, f"{int(model.LINK_LIFE.total_seconds() / 60)} minutes")
    assert states(TEXT, f"{int(REDACT_AFTER.total_seconds() / 3600)} hours")
