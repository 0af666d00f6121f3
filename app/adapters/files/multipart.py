"""A stream cut into parts of one size: what storages take that must know how long each piece is."""

from __future__ import annotations

from collections.abc import AsyncIterable, AsyncIterator

PART_BYTES = 8 * 1024 * 1024
"""S3 and R2 take no less than 5 MB, and at most 10,000 parts."""


async def in_parts(chunks: AsyncIterable[bytes]) -> AsyncIterator[bytes]:
    """Parts of exactly PART_BYTES, but for the last, which is shorter."""
    waiting = bytearray()
    async for chunk in chunks:
        waiting += chunk
        while len(waiting) > PART_BYTES:
            yield bytes(waiting[:PART_BYTES])
            del waiting[:PART_BYTES]
    if waiting:
        yield bytes(waiting)
