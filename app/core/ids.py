"""Ids: UUIDv7 as text, so that they sort by time and need no sequence."""

from __future__ import annotations

import secrets
import time
from datetime import datetime


def new_id() -> str:
    """Return a UUIDv7 (RFC 9562, 6.2 method 3): 48 bits of Unix milliseconds, 12 bits of fraction, 62 random bits.

    The fraction keeps rows of the same millisecond in order.
    """
    millis, nanos = divmod(time.time_ns(), 1_000_000)
    value = (millis & (1 << 48) - 1) << 80 | 0x7 << 76 | (nanos * 4096 // 1_000_000) << 64
    value |= 0x2 << 62 | secrets.randbits(62)
    text = f"{value:032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def first_id(at: datetime) -> str:
    """Return the smallest id of this time, to find newer rows by their primary key."""
    text = f"{int(at.timestamp() * 1000):012x}"
    return f"{text[:8]}-{text[8:]}-7000-8000-000000000000"


def new_token() -> str:
    """Return a secret of 256 bits, safe in a URL."""
    return secrets.token_urlsafe(32)
