"""The port for work on the processor; app.core.ports has the others."""

from __future__ import annotations

from collections.abc import Callable
from typing import ParamSpec, Protocol, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


class Compute(Protocol):
    """Runs CPU work outside the event loop, if the platform can."""

    async def run(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Run work that may take seconds and hold a whole picture in memory. It waits for its turn."""

    async def glance(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Run work of a few milliseconds that somebody waits for. It does not queue behind pictures."""
