"""How large the long tests are: a sample in the suite, full size with SOAK=1 (`make soak`)."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")

FULL = os.environ.get("SOAK", "") not in ("", "0")


def size(full: int, sample: int) -> int:
    """How many of something a test does: `full` in a soak run, else `sample`."""
    return full if FULL else sample


def choice(full: Sequence[T], sample: Sequence[T]) -> Sequence[T]:
    """Which variants of a test are run: `full` in a soak run, else `sample`."""
    return full if FULL else sample
