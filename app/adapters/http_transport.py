"""The way out to the internet: httpx' own on a machine, the platform's fetch in a worker."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import httpx


def platform_transport() -> httpx.AsyncBaseTransport | None:
    """What httpx must use in a worker, which has no sockets; None where its own transport works."""
    if sys.platform != "emscripten":
        return None
    from app.adapters.fetch_transport import FetchTransport

    return FetchTransport()
