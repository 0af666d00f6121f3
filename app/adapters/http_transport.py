"""The httpx transport for outgoing requests: httpx's default on a server, `fetch` in a Cloudflare worker."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import httpx


def platform_transport() -> httpx.AsyncBaseTransport | None:
    """The transport to pass to httpx in a worker, which has no sockets; None where httpx's default works."""
    if sys.platform != "emscripten":
        return None
    from app.adapters.fetch_transport import FetchTransport

    return FetchTransport()
