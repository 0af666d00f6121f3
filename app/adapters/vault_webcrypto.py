"""Vault by the Web Crypto API of the platform: the same AES-256-GCM text as vault_cryptography's."""

from __future__ import annotations

import base64
import binascii
import os
from typing import Any

from app.core.errors import Unauthorized

VERSION = "v1"
NONCE_BYTES = 12


class WebCryptoVault:
    """Sealed text: `v1:` and base64 of nonce, ciphertext and tag."""

    def __init__(self, key: bytes):
        self._key = key

    async def seal(self, secret: str) -> str:
        nonce = os.urandom(NONCE_BYTES)
        sealed = await self._apply("encrypt", nonce, VERSION, secret.encode())
        return f"{VERSION}:{base64.b64encode(nonce + sealed).decode()}"

    async def open(self, sealed: str) -> str:
        from pyodide.ffi import JsException

        version, _, body = sealed.partition(":")
        try:
            raw = base64.b64decode(body, validate=True)
            clear = await self._apply("decrypt", raw[:NONCE_BYTES], version, raw[NONCE_BYTES:])
        except (JsException, binascii.Error, ValueError) as fault:
            raise Unauthorized("A stored secret cannot be read with this key.", code="sealed_unreadable") from fault
        return clear.decode()

    async def _apply(self, work: str, nonce: bytes, version: str, data: bytes) -> bytes:
        """`encrypt` or `decrypt`. Raises JsException when a text was altered, or sealed by another key."""
        import js
        from pyodide.ffi import to_js

        def plain(values: dict[str, Any]) -> Any:
            return to_js(values, dict_converter=js.Object.fromEntries)

        subtle = js.crypto.subtle
        key = await subtle.importKey("raw", to_js(self._key), "AES-GCM", False, to_js([work]))
        how = plain({"name": "AES-GCM", "iv": nonce, "additionalData": version.encode()})
        result: bytes = (await getattr(subtle, work)(how, key, to_js(data))).to_bytes()
        return result
