"""Emptying the database's log comes after the work, and never undoes it."""

from __future__ import annotations

import io
from dataclasses import dataclass, replace

import pytest

from app import privacy
from app.core.app import App
from app.core.errors import Unavailable
from app.core.log import Log

pytestmark = pytest.mark.anyio


@dataclass
class Scrubbed:
    """A database that answers so when it is scrubbed."""

    answer: bool | Exception

    async def scrub(self) -> bool:
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


@pytest.mark.parametrize(("answer", "is_told"), [(True, False), (False, True), (Unavailable(), True)])
async def test_a_log_that_cannot_be_emptied_yet_is_told_and_fails_nothing(
    app: App, answer: bool | Exception, is_told: bool
) -> None:
    lines = io.StringIO()
    assert await privacy.scrub(replace(app, db=Scrubbed(answer), log=Log(lines))) == 0  # type: ignore[arg-type]
    assert ("deleted_rows_in_log" in lines.getvalue()) == is_told


async def test_a_database_without_files_of_its_own_has_nothing_to_scrub(app: App) -> None:
    assert await privacy.scrub(replace(app, db=object())) == 0  # type: ignore[arg-type]
