"""A desk at which sketches are made."""

from __future__ import annotations

import pytest

from app.core.app import App
from tests.unit.generation.sketches import Desk


@pytest.fixture
async def desk(app: App) -> Desk:
    return await Desk.opened(app)
