"""The format of an encrypted secret, common to every Vault: `v2:{key}:{base64 of nonce, ciphertext and tag}`.

The cipher is AES-256-GCM with a new 96-bit nonce each time (NIST SP 800-38D). The part before the last colon is
authenticated as associated data, so the key's name cannot be changed.
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
    """An encrypted secret. `mark` is the version and the key's name; `body` is the ciphertext followed by the tag."""

    mark: str
    nonce: bytes
    body: bytes

    @classmethod
    def read(cls, text: str) -> Sealed:
        """Parse the text format. Raises Unauthorized if it is invalid."""
        mark, _, body = text.rpartition(":")
        try:
            raw = base64.b64decode(body, validate=True)
        except (binascii.Error, ValueError) as fault:
            raise unreadable() from fault
        return cls(mark, raw[:NONCE_BYTES], raw[NONCE_BYTES:])

    def text(self) -> str:
        return f"{self.mark}:{base64.b64encode(self.nonce + self.body).decode()}"


class Keys:
    """The current key and an optional old key that only decrypts. Each is named by a few bits of its hash."""

    def __init__(self, key: bytes, old_key: bytes | None = None):
        self.mark = _mark(key)
        self._keys = {_mark(each): each for each in (key, old_key) if each}

    @property
    def current(self) -> bytes:
        return self._keys[self.mark]

    def key_for(self, mark: str) -> bytes:
        """The key of this name. Raises Unauthorized if it is not configured."""
        if mark not in self._keys:
            raise unreadable()
        return self._keys[mark]


def new_nonce() -> bytes:
    return os.urandom(NONCE_BYTES)


def unreadable() -> Unauthorized:
    return Unauthorized("This key cannot decrypt a stored secret.", code="sealed_unreadable")


def _mark(key: bytes) -> str:
    """The version and the key's name: 32 bits of its hash, enough to tell keys apart without revealing the key."""
    return f"{VERSION}:{hashlib.sha256(b'artify key name' + key).hexdigest()[:8]}"
