"""A use case to measure."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from bench.scale.site import Site


class Part(StrEnum):
    """What waits for a use case: it decides which reads may grow."""

    REQUEST = "request"
    JOB = "job"
    IDLE = "idle sweep"
    DUE = "sweep with work"
    DELETION = "deletion of a shop"
    """Reported, without a bound."""


async def nothing(site: Site) -> None:
    """Prepare nothing."""


async def unchecked(site: Site, prepared: Any) -> None:
    """Check nothing: `run` raises if it fails."""


@dataclass(frozen=True)
class UseCase:
    """A use case: `prepare` makes what one run needs and uses up, and `run` is timed and recorded with its result.

    `check` raises if the result is wrong. One that is `of_all_shops` is the same for every shop: it is measured once.
    """

    name: str
    part: Part
    run: Callable[[Site, Any], Awaitable[None]]
    prepare: Callable[[Site], Awaitable[Any]] = nothing
    check: Callable[[Site, Any], Awaitable[None]] = unchecked
    of_all_shops: bool = False
