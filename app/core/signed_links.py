"""Signed, expiring media links and view tokens: HMAC-SHA256 with LINK_KEY."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import quote, urlencode

from app.core.errors import Forbidden


@dataclass(frozen=True)
class MediaLink:
    """A link under /media: it allows one method on one key until a time.

    PUT accepts exactly `size` bytes of type `mime`. For GET, `filename` makes the browser save the file.
    """

    method: str
    key: str
    expires_at: datetime
    mime: str = ""
    size: int = 0
    filename: str = ""

    def url(self, base: str, key: bytes) -> str:
        query = {"e": int(self.expires_at.timestamp()), "s": sign(key, *self._words())}
        query |= {name: value for name, value in self._extras().items() if value}
        return f"{base}/media/{quote(self.key)}?{urlencode(query)}"

    @classmethod
    def read(cls, method: str, path_key: str, query: Mapping[str, str], key: bytes, now: datetime) -> MediaLink:
        """Return the link of a request. Raises Forbidden if it was altered or has expired."""
        try:
            link = cls(
                method="GET" if method == "HEAD" else method,
                key=path_key,
                expires_at=datetime.fromtimestamp(int(query["e"]), UTC),
                mime=query.get("t", ""),
                size=int(query.get("n", "0")),
                filename=query.get("f", ""),
            )
            given = query["s"]
        except (KeyError, ValueError, OverflowError, OSError) as fault:  # OSError: an unsupported year
            raise Forbidden() from fault
        if not same(given, sign(key, *link._words())) or link.expires_at <= now:
            raise Forbidden()
        return link

    def _words(self) -> tuple[str, ...]:
        extras = self._extras()
        return (
            "media",
            self.method,
            self.key,
            str(int(self.expires_at.timestamp())),
            *map(str, extras.values()),
        )

    def _extras(self) -> dict[str, str | int]:
        return {"t": self.mime, "n": self.size, "f": self.filename}


def attachment(filename: str) -> str:
    """Return a Content-Disposition for a name in any script: in ASCII, and in full for browsers (RFC 6266)."""
    plain = "".join(c if c.isascii() and c.isprintable() and c not in '"\\' else "_" for c in filename)
    whole = "" if plain == filename else f"; filename*=UTF-8''{quote(filename, safe='')}"
    return f'attachment; filename="{plain}"{whole}'


def view_token(key: bytes, subject: str, expires_at: datetime) -> str:
    """Return a token that allows its holder to view one subject until a time."""
    end = str(int(expires_at.timestamp()))
    return f"{end}.{sign(key, 'view', subject, end)}"


def may_view(key: bytes, subject: str, token: str, now: datetime) -> bool:
    end, _, signature = token.partition(".")
    if not (end.isascii() and end.isdigit()) or not same(signature, sign(key, "view", subject, end)):
        return False
    return int(end) > now.timestamp()


def sign(key: bytes, *words: str) -> str:
    """Return the hex HMAC over the words. Their lengths are signed too, so that different lists never match."""
    message = "".join(f"{len(word)}:{word}" for word in words)
    return hmac.new(key, message.encode(), hashlib.sha256).hexdigest()


def same(given: str, right: str) -> bool:
    """Compare in constant time. Text that is not ASCII is allowed."""
    return hmac.compare_digest(given.encode(), right.encode())
