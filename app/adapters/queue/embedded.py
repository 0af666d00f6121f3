"""The embedded queue: job rows are the queue; a wake-up only starts this process's loop at once."""

from __future__ import annotations

import asyncio


class EmbeddedQueue:
    """Other processes on the same database find due rows when they poll."""

    def __init__(self) -> None:
        self._woken = asyncio.Event()

    async def wake(self, *job_ids: str, after_s: float = 0) -> None:
        if job_ids and not after_s:  # what is due later is found by polling
            self._woken.set()

    async def wait(self, seconds: float) -> None:
        """Wait for a wake-up, or so many seconds."""
        try:
            await asyncio.wait_for(self._woken.wait(), seconds)
        except TimeoutError:
            return
        finally:
            self._woken.clear()
