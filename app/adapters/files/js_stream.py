"""JavaScript's byte streams, read in a worker."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import js

PIECE_BYTES = 1024 * 1024
"""So much at once: as they come, pieces have 4 KB, and each takes Python longer than its copying."""


async def pieces(stream: Any) -> AsyncIterator[bytes]:
    """The bytes of a ReadableStream as they come, in large pieces; it is cancelled when it is not read to its end."""
    reader = stream.getReader(js.Object.fromEntries([["mode", "byob"]]))
    try:
        while not (part := await reader.readAtLeast(PIECE_BYTES, js.Uint8Array.new(PIECE_BYTES))).done:
            yield part.value.to_bytes()
    finally:
        await reader.cancel()
