"""What contract tests share: coroutine tests (marked `anyio`) run on asyncio."""

from __future__ import annotations

import pytest


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"
