"""The Vault port on the platform's Web Crypto API, with the same text format as `cryptography.py`."""

from __future__ import annotations

from typing import Any

from app.adapters.vault.token_cipher import Keys, Sealed, new_nonce, unreadable


class WebCryptoVault:
    """Encrypts with `key`; decrypts secrets that were encrypted with `key` or `old_key`."""

    def __init__(self, key: bytes, old_key: bytes | None = None):
        self._keys = Keys(key, old_key)
        self.mark = self._keys.mark

    async def seal(self, secret: str) -> str:
        nonce = new_nonce()
        body = await _apply("encrypt", self._keys.current, nonce, self.mark, secret.encode())
        return Sealed(self.mark, nonce, body).text()

    async def open(self, sealed: str) -> str:
        from pyodide.ffi import JsException

        given = Sealed.read(sealed)
        key = self._keys.key_for(given.mark)
        try:
            return (await _apply("decrypt", key, given.nonce, given.mark, given.body)).decode()
        except (JsException, ValueError) as fault:
            raise unreadable() from fault


async def _apply(work: str, key: bytes, nonce: bytes, mark: str, data: bytes) -> bytes:
    """Run `encrypt` or `decrypt`. Raises JsException if the text was altered or encrypted with another key."""
    import js
    from pyodide.ffi import to_js

    def plain(values: dict[str, Any]) -> Any:
        return to_js(values, dict_converter=js.Object.fromEntries)

    subtle = js.crypto.subtle
    imported = await subtle.importKey("raw", to_js(key), "AES-GCM", False, to_js([work]))
    how = plain({"name": "AES-GCM", "iv": nonce, "additionalData": mark.encode()})
    result: bytes = (await getattr(subtle, work)(how, imported, to_js(data))).to_bytes()
    return result
