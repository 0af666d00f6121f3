"""The job loops of a process that stays: how they start, and how they end without losing work."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress

from app import jobs
from app.core.app import App
from app.wiring import close
from handlers.jobs import loop, upkeep

GRACE_S = 5.0
"""How long running jobs may go on after the end was asked for: long enough for most previews, not for a print."""
GIVE_BACK_S = 15.0
"""How long giving the rest back may take: a database that does not answer must not hold up the end."""
CLOSE_S = 5.0


class Loops:
    """One loop for each set of kinds, and the upkeep beside them."""

    def __init__(self, app: App, *kinds: Mapping[str, jobs.JobKind]):
        self._app = app
        self._kinds: Sequence[Mapping[str, jobs.JobKind]] = kinds
        self._stop = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()

    def start(self) -> None:
        work = [*[loop(self._app, kinds, self._stop) for kinds in self._kinds], upkeep(self._app, self._stop)]
        self._tasks = {asyncio.create_task(each) for each in work}

    async def stop(self, grace_s: float = GRACE_S) -> None:
        """Take no new job, let the running ones end within the grace, give the others back, and close the app."""
        self._stop.set()
        _, late = await asyncio.wait(self._tasks, timeout=grace_s)
        for task in late:
            task.cancel()
        if late:
            await asyncio.wait(late, timeout=GIVE_BACK_S)
        with suppress(TimeoutError):  # the process's end closes what did not
            await asyncio.wait_for(close(self._app), CLOSE_S)
