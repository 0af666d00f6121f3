"""Signed calls between the app and its render workers: HMAC-SHA256 over the whole request, with a shared key."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from app.core.errors import Unauthorized
from app.core.signed_links import same, sign

HEADER = "Artify-Signature"
MOST_SKEW = timedelta(minutes=5)


@dataclass(frozen=True)
class SignedCall:
    """What is signed: method, path and raw body. The header adds a time and a nonce."""

    method: str
    path: str
    body: bytes = field(repr=False)

    def signed(self, key: bytes, nonce: str, at: datetime) -> str:
        """Return the header `time.nonce.signature`: the time in Unix seconds, the nonce without a dot."""
        moment = str(int(at.timestamp()))
        return f"{moment}.{nonce}.{self._signature(key, moment, nonce)}"

    def verify(self, header: str, key: bytes, now: datetime) -> None:
        """Raise Unauthorized if the signature is wrong; with the code `clock_skew` if only its time is."""
        moment, _, rest = header.partition(".")
        nonce, _, signature = rest.partition(".")
        if not same(signature, self._signature(key, moment, nonce)):
            raise Unauthorized()
        if abs(now.timestamp() - int(moment)) > MOST_SKEW.total_seconds():
            raise Unauthorized("This request's time is too far off. Set the clock of this machine.", code="clock_skew")

    def _signature(self, key: bytes, moment: str, nonce: str) -> str:
        return sign(key, "call", self.method, self.path, moment, nonce, hashlib.sha256(self.body).hexdigest())
