"""The Vault port on the `cryptography` package."""

from __future__ import annotations

from app.adapters.vault.token_cipher import Keys, Sealed, new_nonce, unreadable


class CryptographyVault:
    """Encrypts with `key`; decrypts secrets that were encrypted with `key` or `old_key`."""

    def __init__(self, key: bytes, old_key: bytes | None = None):
        self._keys = Keys(key, old_key)
        self.mark = self._keys.mark

    async def seal(self, secret: str) -> str:
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        nonce = new_nonce()
        body = AESGCM(self._keys.current).encrypt(nonce, secret.encode(), self.mark.encode())
        return Sealed(self.mark, nonce, body).text()

    async def open(self, sealed: str) -> str:
        from cryptography.exceptions import InvalidTag
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        given = Sealed.read(sealed)
        key = self._keys.key_for(given.mark)
        try:
            return AESGCM(key).decrypt(given.nonce, given.body, given.mark.encode()).decode()
        except (InvalidTag, ValueError) as fault:
            raise unreadable() from fault
