"""The text of a sealed secret, the same from every Vault: `v2:{key}:{base64 of nonce, ciphertext and tag}`.

AES-256-GCM with a fresh 96-bit nonce each time (NIST SP 800-38D). What stands before the last colon is
authenticated with the secret, so a text cannot be passed off as sealed by another key.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import os
from dataclasses import dataclass

from app.core.errors import Unauthorized

VERSION = "v2"
NONCE_BYTES = 12


@dataclass(frozen=True)
class Sealed:
    """`mark` is the version and the key's name, `nonce` and `body` (ciphertext and tag) are bytes."""

    mark: str
    nonce: bytes
    body: bytes

    @classmethod
    def read(cls, text: str) -> Sealed:
        """Raises Unauthorized when this was never sealed."""
        mark, _, body = text.rpartition(":")
        try:
            raw = base64.b64decode(body, validate=True)
        except (binascii.Error, ValueError) as fault:
            raise unreadable() from fault
        return cls(mark, raw[:NONCE_BYTES], raw[NONCE_BYTES:])

    def text(self) -> str:
        return f"{self.mark}:{base64.b64encode(self.nonce + self.body).decode()}"


class Keys:
    """The key that seals, and those that only open. Each is named by a few bits of its hash."""

    def __init__(self, key: bytes, old_key: bytes | None = None):
        self.mark = _mark(key)
        self._keys = {_mark(each): each for each in (key, old_key) if each}

    @property
    def current(self) -> bytes:
        return self._keys[self.mark]

    def named(self, mark: str) -> bytes:
        """Raises Unauthorized for a key that is not there."""
        if mark not in self._keys:
            raise unreadable()
        return self._keys[mark]


def new_nonce() -> bytes:
    return os.urandom(NONCE_BYTES)


def unreadable() -> Unauthorized:
    return Unauthorized("This key cannot decrypt a stored secret.", code="sealed_unreadable")


def _mark(key: bytes) -> str:
    """32 of 256 bits of a random key's hash tell keys apart, and nothing of the key."""
    return f"{VERSION}:{hashlib.sha256(b'artify key name' + key).hexdigest()[:8]}"
