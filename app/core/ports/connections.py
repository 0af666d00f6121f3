"""Optional interfaces of adapters that hold connections or processes."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from app.core.ports.compute import Compute as Compute


@runtime_checkable
class Closes(Protocol):
    """An adapter that keeps connections or processes open and can close them."""

    async def close(self) -> None:
        """Close all connections and processes. May be called twice. If the adapter is used again, it opens new ones."""


@runtime_checkable
class CanBeAsked(Protocol):
    """An adapter that can check the connection to its service."""

    async def ask(self) -> None:
        """Check that the service answers. Raises Unavailable if it does not, or if it refuses access."""
