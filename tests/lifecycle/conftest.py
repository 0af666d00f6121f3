"""Each test of this folder that asks for a studio runs once for every kind, or once for each that it names."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from handlers.http.limits import LIMITS
from tests.lifecycle.kinds import ASKED, Asking
from tests.lifecycle.studio import Studio, opened
from tests.sketches import banners, capability


@pytest.fixture(params=ASKED, ids=lambda asking: asking.kind.name)
def asking(request: pytest.FixtureRequest) -> Asking:
    found: Asking = request.param
    return found


@pytest.fixture
async def studio(tmp_path: Path, asking: Asking, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Studio]:
    for name, limit in (capability.LIMITS | banners.LIMITS).items():
        monkeypatch.setitem(LIMITS, name, limit)
    async with opened(tmp_path, asking) as studio:
        yield studio


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"
