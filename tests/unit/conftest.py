"""What unit tests share: an App on a fresh database, and coroutine tests (marked `anyio`) on asyncio."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from app.core.app import App
from tests.apps import close, make_app


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
async def app(tmp_path: Path, anyio_backend: str) -> AsyncIterator[App]:
    made = make_app(tmp_path)
    yield made
    await close(made)
