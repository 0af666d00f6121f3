"""Cancellation of long CPU work. Threads cannot be stopped, so it checks between pieces whether anybody still waits."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextvars import ContextVar
from threading import Event
from typing import TypeVar

T = TypeVar("T")

gone: ContextVar[Event | None] = ContextVar("gone", default=None)
"""Set by Compute for the work it runs: the event that its caller has gone."""


class Abandoned(Exception):
    """Nobody waits for this work any longer."""


def watched(pieces: Iterable[T]) -> Iterator[T]:
    """Yield the pieces one by one, in any thread. Raises Abandoned once nobody waits for the work."""
    return _until(gone.get(), pieces)


def _until(left: Event | None, pieces: Iterable[T]) -> Iterator[T]:
    for piece in pieces:
        yield piece
        if left is not None and left.is_set():
            raise Abandoned
