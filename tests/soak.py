"""How large the long tests are: a sample in the suite, full size with SOAK=1 (`make soak`)."""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TypeVar

T = TypeVar("T")

FULL = os.environ.get("SOAK", "") not in ("", "0")
DAY = int(os.environ.setdefault("SOAK_DAY", str(datetime.now(UTC).toordinal())))
"""The day of the run, for its processes too, even past midnight. SOAK_DAY takes the samples of another day."""


def size(full: int, sample: int) -> int:
    """How many of something a test does: `full` in a soak run, else `sample`."""
    return full if FULL else sample


def share(full: Sequence[T], part: int, parts: int, *, day: int = DAY, all_of_it: bool = FULL) -> Sequence[T]:
    """All of it in a soak run, else one of so many parts (numbered from 0), which together are all of it.

    Each day a part takes what the next one took the day before. Of less than one thing for each part, all take all.
    """
    return full if all_of_it or len(full) < parts else full[(part + day) % parts :: parts]


def choice(full: Sequence[T], sample: Sequence[T]) -> Sequence[T]:
    """Which variants of a test are run: `full` in a soak run, else `sample`."""
    return full if FULL else sample
