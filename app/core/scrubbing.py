"""The port of databases with files of their own on this machine."""

from __future__ import annotations

from typing import Protocol, runtime_checkable


@runtime_checkable
class Scrubs(Protocol):
    """A database whose files keep deleted data until it is scrubbed."""

    async def scrub(self) -> bool:
        """Remove deleted data from the files. Return whether nothing is left; if not, try again. Raises Unavailable."""
