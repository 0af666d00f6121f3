"""One story, told by every set-up in the same words."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.setups import SETUPS
from tests.story import planted
from tests.story.conftest import Told


@pytest.mark.parametrize("name", SETUPS)
def test_the_story_turns_out_as_it_is_written(name: str, told: Callable[[str], Told]) -> None:
    assert len(told(name).transcript) > 200


@pytest.mark.parametrize("name", [name for name in SETUPS if name != "sqlite"])
def test_every_answer_and_row_is_the_same_as_with_sqlite(name: str, told: Callable[[str], Told]) -> None:
    for ours, theirs in zip(told("sqlite").transcript, told(name).transcript, strict=True):
        assert ours == theirs


@pytest.mark.parametrize("name", SETUPS)
def test_no_log_holds_what_nobody_may_read(name: str, told: Callable[[str], Told]) -> None:
    story = told(name)
    assert len(story.secrets) > 60
    assert story.log.count('"event": "request"') > 80
    assert story.log.count('"event": "job_done"') > 10
    assert planted.leaks(story.log, story.secrets) == []
