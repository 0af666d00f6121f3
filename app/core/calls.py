"""Requests between our own machines, each signed as a whole: HMAC-SHA256 with a key that both have."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from app.core.errors import Unauthorized
from app.core.links import same, sign

HEADER = "Artify-Signature"
MOST_SKEW = timedelta(minutes=5)


@dataclass(frozen=True)
class Call:
    """What is signed: method, path and the raw body; the header adds a moment and a number used once."""

    method: str
    path: str
    body: bytes = field(repr=False)

    def signed(self, key: bytes, nonce: str, at: datetime) -> str:
        """The header: `moment.nonce.signature`; the moment in Unix seconds, the nonce without a dot."""
        moment = str(int(at.timestamp()))
        return f"{moment}.{nonce}.{self._signature(key, moment, nonce)}"

    def verify(self, header: str, key: bytes, now: datetime) -> None:
        """Raises Unauthorized, with the code `clock_skew` for one that is signed well at another time."""
        moment, _, rest = header.partition(".")
        nonce, _, signature = rest.partition(".")
        if not same(signature, self._signature(key, moment, nonce)):
            raise Unauthorized()
        if abs(now.timestamp() - int(moment)) > MOST_SKEW.total_seconds():
            raise Unauthorized("This request's time is too far off. Set the clock of this machine.", code="clock_skew")

    def _signature(self, key: bytes, moment: str, nonce: str) -> str:
        return sign(key, "call", self.method, self.path, moment, nonce, hashlib.sha256(self.body).hexdigest())
