"""Reading of JavaScript byte streams in a Cloudflare worker."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import js

PIECE_BYTES = 1024 * 1024
"""The size of one read. By default pieces have 4 KB, and the overhead of each in Python exceeds the cost of copying."""


async def pieces(stream: Any) -> AsyncIterator[bytes]:
    """Yield the bytes of a ReadableStream in large pieces. The stream is cancelled if it is not read to the end."""
    reader = stream.getReader(js.Object.fromEntries([["mode", "byob"]]))
    try:
        while not (part := await reader.readAtLeast(PIECE_BYTES, js.Uint8Array.new(PIECE_BYTES))).done:
            yield part.value.to_bytes()
    finally:
        await reader.cancel()
