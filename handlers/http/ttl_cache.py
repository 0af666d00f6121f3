"""A cached answer that expires after some seconds, with one request at a time to renew it."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class TtlCache(Generic[T]):
    """Caches the result of `load` for `seconds`. Concurrent callers share one call."""

    def __init__(self, seconds: float, load: Callable[[], Awaitable[T]]):
        self._seconds = seconds
        self._load = load
        self._expires_at = 0.0
        self._pending: asyncio.Future[T] | None = None

    async def get(self) -> T:
        """The cached answer, or a new one. An exception from `load` reaches every waiting caller and is not cached."""
        if sys.platform == "emscripten":  # a request on a worker may not wait for another request's work
            return await self._load()
        if self._pending is None or (self._pending.done() and self._is_expired()):
            self._pending = asyncio.ensure_future(self._refresh())
        return await asyncio.shield(self._pending)

    async def _refresh(self) -> T:
        self._expires_at = 0.0
        answer = await self._load()
        self._expires_at = time.monotonic() + self._seconds
        return answer

    def _is_expired(self) -> bool:
        return self._expires_at < time.monotonic()
