"""What tests of personalization share."""

from __future__ import annotations

import pytest

from app.core.app import App
from tests.unit.personalization.studio import Studio, open_studio


@pytest.fixture
async def studio(app: App) -> Studio:
    return await open_studio(app)
