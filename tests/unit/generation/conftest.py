"""A desk at which sketches are made."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from app.core.app import App
from tests.unit.generation.desk import Desk


@pytest.fixture
async def desk(app: App) -> AsyncIterator[Desk]:
    async with Desk.opened(app) as desk:
        yield desk
