"""Compute in threads: imaging libraries release the interpreter's lock while they work."""

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
    """At most two pieces of work at once, since each may hold a whole picture in memory; beside them short ones."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(max_workers=2, thread_name_prefix="compute")
        self._glances = ThreadPoolExecutor(max_workers=1, thread_name_prefix="glance")

    async def run(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Run fn in a thread, with the caller's context (its log fields). A caller that is cancelled abandons it."""
        context, left = contextvars.copy_context(), Event()
        context.run(gone.set, left)
        call = functools.partial(context.run, fn, *args, **kwargs)
        try:
            return await asyncio.get_running_loop().run_in_executor(self._pool, call)
        except asyncio.CancelledError:
            left.set()
            raise

    async def glance(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Run fn in a thread of its own kind, one at a time: such work is too short to gain by more."""
        call = functools.partial(contextvars.copy_context().run, fn, *args, **kwargs)
        return await asyncio.get_running_loop().run_in_executor(self._glances, call)
