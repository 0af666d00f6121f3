"""The vault port: encryption of the secrets kept in the database."""

from __future__ import annotations

from typing import Protocol

from app.core.ports.compute import Compute as Compute


class Vault(Protocol):
    """Encrypts secrets for the database with TOKEN_KEY. OLD_TOKEN_KEY still decrypts what it encrypted before."""

    @property
    def mark(self) -> str:
        """The prefix of every text that was encrypted with the current key."""

    async def seal(self, secret: str) -> str:
        """Encrypt a secret with the current key."""

    async def open(self, sealed: str) -> str:
        """Decrypt a text. Raises Unauthorized if it was altered, or encrypted with another key."""
