"""The port for CPU-bound work."""

from __future__ import annotations

from collections.abc import Callable
from typing import ParamSpec, Protocol, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


class Compute(Protocol):
    """Runs CPU-bound work outside the event loop, if the platform can."""

    async def run(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Run work that may take seconds and hold a whole picture in memory. Such work is queued."""

    async def glance(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Run work of a few milliseconds that a user is waiting for. It is not queued behind work given to `run`."""
