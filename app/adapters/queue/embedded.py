"""The embedded queue. The job rows are the queue; a wake-up only makes this process's worker loop run immediately."""

from __future__ import annotations

import asyncio


class EmbeddedQueue:
    """Queue within one process. Other processes on the same database find due jobs by polling."""

    def __init__(self) -> None:
        self._wake_up = asyncio.Event()

    async def wake(self, *job_ids: str, after_s: float = 0) -> None:
        if job_ids and not after_s:  # polling finds jobs that are due later
            self._wake_up.set()

    async def wait(self, seconds: float) -> None:
        """Wait for a wake-up, at most `seconds`."""
        try:
            await asyncio.wait_for(self._wake_up.wait(), seconds)
        except TimeoutError:
            return
        finally:
            self._wake_up.clear()
