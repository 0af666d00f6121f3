"""One story, told by every set-up in the same words."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import pytest

from tests.setups import SETUPS
from tests.story import planted
from tests.story.book import chapters
from tests.story.player import Player


@dataclass(frozen=True)
class Told:
    """What a set-up told, what it logged meanwhile, and the tokens and signatures that went to and fro."""

    transcript: list[tuple[str, Any]]
    log: str
    secrets: set[str]


@pytest.fixture(scope="session")
def told(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Told]:
    """The story as a set-up tells it, by the set-up's name; each tells it once."""

    @cache
    def tell(name: str) -> Told:
        with SETUPS[name](tmp_path_factory.mktemp(name)) as setup:
            player = Player(setup)
            for chapter in chapters():
                player.play(chapter)
            return Told(player.transcript, setup.log(), player.secrets)

    return tell


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
