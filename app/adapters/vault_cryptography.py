"""Vault by the `cryptography` package: AES-256-GCM, a fresh 96-bit nonce each time (NIST SP 800-38D)."""

from __future__ import annotations

import base64
import binascii
import os

from app.core.errors import Unauthorized

VERSION = "v1"
NONCE_BYTES = 12


class CryptographyVault:
    """Sealed text: `v1:` and base64 of nonce, ciphertext and tag."""

    def __init__(self, key: bytes):
        self._key = key

    async def seal(self, secret: str) -> str:
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        nonce = os.urandom(NONCE_BYTES)
        sealed = AESGCM(self._key).encrypt(nonce, secret.encode(), VERSION.encode())
        return f"{VERSION}:{base64.b64encode(nonce + sealed).decode()}"

    async def open(self, sealed: str) -> str:
        from cryptography.exceptions import InvalidTag
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        version, _, body = sealed.partition(":")
        try:
            raw = base64.b64decode(body, validate=True)
            clear = AESGCM(self._key).decrypt(raw[:NONCE_BYTES], raw[NONCE_BYTES:], version.encode())
        except (InvalidTag, binascii.Error, ValueError) as fault:
            raise Unauthorized("A stored secret cannot be read with this key.", code="sealed_unreadable") from fault
        return clear.decode()
