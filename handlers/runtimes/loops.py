"""The job loops of a long-running process, and their graceful shutdown."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress

from app import jobs
from app.core.app import App
from app.wiring import close
from handlers.jobs import loop, upkeep

GRACE_S = 5.0
"""How long running jobs may continue after shutdown was requested, in seconds.

This is long enough for most previews, but not for a print.
"""
RELEASE_S = 15.0
"""How long releasing the remaining jobs may take, so that an unresponsive database does not delay the shutdown."""
CLOSE_S = 5.0


class Loops:
    """One loop for each set of job kinds, and one for the upkeep."""

    def __init__(self, app: App, *kinds: Mapping[str, jobs.JobKind]):
        self._app = app
        self._kinds: Sequence[Mapping[str, jobs.JobKind]] = kinds
        self._stop = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()

    def start(self) -> None:
        work = [*[loop(self._app, kinds, self._stop) for kinds in self._kinds], upkeep(self._app, self._stop)]
        self._tasks = {asyncio.create_task(each) for each in work}

    async def stop(self, grace_s: float = GRACE_S) -> None:
        """Start no new job, let running jobs finish within `grace_s`, release the others, and close the app."""
        self._stop.set()
        _, running = await asyncio.wait(self._tasks, timeout=grace_s)
        for task in running:
            task.cancel()
        if running:
            await asyncio.wait(running, timeout=RELEASE_S)
        with suppress(TimeoutError):  # what is still open is closed when the process ends
            await asyncio.wait_for(close(self._app), CLOSE_S)
