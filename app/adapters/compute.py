"""The Compute port on threads. Imaging libraries release the GIL while they work, so threads run in parallel."""

from __future__ import annotations

import asyncio
import contextvars
import functools
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from typing import ParamSpec, TypeVar

from app.core.cancellation import gone

P = ParamSpec("P")
T = TypeVar("T")


class ThreadCompute:
    """Runs at most two long tasks at once, since each may hold a whole picture in memory, and one short task."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(max_workers=2, thread_name_prefix="compute")
        self._short_tasks = ThreadPoolExecutor(max_workers=1, thread_name_prefix="glance")

    async def run(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Run fn in a thread with the caller's context variables, which hold its log fields.

        If the caller is cancelled, fn keeps running but its `gone` event is set, so that it can stop early.
        """
        context, caller_gone = contextvars.copy_context(), Event()
        context.run(gone.set, caller_gone)
        call = functools.partial(context.run, fn, *args, **kwargs)
        try:
            return await asyncio.get_running_loop().run_in_executor(self._pool, call)
        except asyncio.CancelledError:
            caller_gone.set()
            raise

    async def glance(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Run fn in the separate thread for short tasks, one at a time. Short tasks never wait behind long ones."""
        call = functools.partial(contextvars.copy_context().run, fn, *args, **kwargs)
        return await asyncio.get_running_loop().run_in_executor(self._short_tasks, call)
