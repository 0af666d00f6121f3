"""The port for work on the processor; app.core.ports has the others."""

from __future__ import annotations

from collections.abc import Callable
from typing import ParamSpec, Protocol, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


class Compute(Protocol):
    """Runs CPU work off the event loop where the platform can."""

    async def run(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Work that may take seconds, and hold a whole picture in memory: it waits for its turn."""

    async def glance(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Work of some milliseconds, for which somebody waits: it does not stand behind pictures."""
