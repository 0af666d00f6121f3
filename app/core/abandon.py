"""Long CPU work looks between its pieces whether anybody still waits for it. A thread cannot be stopped otherwise."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextvars import ContextVar
from threading import Event
from typing import TypeVar

T = TypeVar("T")

gone: ContextVar[Event | None] = ContextVar("gone", default=None)
"""Set by Compute for the work that it runs: the event that whoever waited has gone."""


class Abandoned(Exception):
    """Nobody waits for this work any more."""


def watched(pieces: Iterable[T]) -> Iterator[T]:
    """The pieces one by one, whichever thread asks for them. Raises Abandoned once nobody waits for the work."""
    return _until(gone.get(), pieces)


def _until(left: Event | None, pieces: Iterable[T]) -> Iterator[T]:
    for piece in pieces:
        yield piece
        if left is not None and left.is_set():
            raise Abandoned
