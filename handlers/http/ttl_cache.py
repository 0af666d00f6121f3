"""A cached answer that expires after some seconds, with one request at a time to renew it."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class TtlCache(Generic[T]):
    """Caches the result of `ask` for `seconds`. Concurrent callers share one call."""

    def __init__(self, seconds: float, ask: Callable[[], Awaitable[T]]):
        self._seconds = seconds
        self._ask = ask
        self._until = 0.0
        self._asking: asyncio.Future[T] | None = None

    async def answer(self) -> T:
        """The cached answer, or a new one. An exception from `ask` reaches every waiting caller and is not cached."""
        if sys.platform == "emscripten":  # a request on a worker may not wait for another request's work
            return await self._ask()
        if self._asking is None or (self._asking.done() and self._is_over()):
            self._asking = asyncio.ensure_future(self._asked())
        return await asyncio.shield(self._asking)

    async def _asked(self) -> T:
        self._until = 0.0
        answer = await self._ask()
        self._until = time.monotonic() + self._seconds
        return answer

    def _is_over(self) -> bool:
        return self._until < time.monotonic()
