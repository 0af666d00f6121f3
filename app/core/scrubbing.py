"""A port of databases that keep files of their own on this machine."""

from __future__ import annotations

from typing import Protocol, runtime_checkable


@runtime_checkable
class Scrubs(Protocol):
    """A database whose own files still hold what was deleted, until it is told to get rid of that."""

    async def scrub(self) -> bool:
        """Return whether nothing is left; it can be tried again. Raises Unavailable."""
