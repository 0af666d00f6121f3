"""What an adapter that holds connections or processes may offer besides its port."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from app.core.ports.compute import Compute as Compute


@runtime_checkable
class Closes(Protocol):
    """An adapter that keeps connections or processes open and can close them."""

    async def close(self) -> None:
        """May be called twice. If the adapter is used again, it opens new ones."""


@runtime_checkable
class CanBeAsked(Protocol):
    async def ask(self) -> None:
        """Raises Unavailable if the service does not answer or refuses access."""
