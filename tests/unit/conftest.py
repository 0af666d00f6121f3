"""What unit tests share: an App on a fresh database, and coroutine tests (marked `anyio`) on asyncio."""

from __future__ import annotations

import sys
import zoneinfo
from collections.abc import AsyncIterator, Iterator
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


@pytest.fixture
def no_zone_data(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A machine that has no time-zone data, neither the system's (as with PYTHONTZPATH="") nor the package tzdata."""
    for name in {"tzdata", *[name for name in sys.modules if name.startswith("tzdata.")]}:
        monkeypatch.setitem(sys.modules, name, None)  # importing it fails
    zoneinfo.reset_tzpath(to=())
    zoneinfo.ZoneInfo.clear_cache()
    yield
    zoneinfo.reset_tzpath()
    zoneinfo.ZoneInfo.clear_cache()
