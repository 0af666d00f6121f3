"""The story as each set-up tells it: once, for all tests of this folder."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, partial
from typing import Any

import pytest

from tests.data_model.use import Use
from tests.setups import SETUPS, one_process
from tests.story.book import chapters
from tests.story.player import Player


@dataclass(frozen=True)
class Told:
    """What a set-up told, what it logged meanwhile, and the tokens and signatures that went to and fro.

    `use` is what was seen of its database; of the set-up that runs in this process alone.
    """

    transcript: list[tuple[str, Any]]
    log: str
    secrets: set[str]
    use: Use


@pytest.fixture(scope="session")
def told(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Told]:
    """The story as a set-up tells it, by the set-up's name; each tells it once."""

    @cache
    def tell(name: str) -> Told:
        use = Use()
        is_here = name == one_process.OneProcess.name
        opened = partial(one_process.opened, watch=use.note) if is_here else SETUPS[name]
        with opened(tmp_path_factory.mktemp(name)) as setup:
            player = Player(setup, use if is_here else None)
            for chapter in chapters():
                player.play(chapter)
            return Told(player.transcript, setup.log(), player.secrets, use)

    return tell
