"""One TLS context for all of httpx's clients that ask for the same: making one takes 50 ms, and a run makes thousands.

Nearly all of them speak plain HTTP to a server on this machine.
"""

from __future__ import annotations

import functools

import httpx
from httpx._transports import default


def pytest_configure() -> None:
    default.create_ssl_context = functools.cache(httpx.create_ssl_context)
