"""What contract tests share: coroutine tests (marked `anyio`) run on asyncio."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def no_umask() -> Iterator[None]:
    """Files get the mode that their maker asks for, and no less."""
    before = os.umask(0)
    yield
    os.umask(before)
