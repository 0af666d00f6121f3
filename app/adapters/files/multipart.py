"""Splitting of a stream into equal parts, for multipart uploads."""

from __future__ import annotations

from collections.abc import AsyncIterable, AsyncIterator

PART_BYTES = 8 * 1024 * 1024
"""S3 and R2 require parts of at least 5 MB (except the last) and allow at most 10,000."""


async def in_parts(chunks: AsyncIterable[bytes]) -> AsyncIterator[bytes]:
    """Yield parts of exactly PART_BYTES, except for the last, which may be shorter."""
    buffer = bytearray()
    async for chunk in chunks:
        buffer += chunk
        while len(buffer) > PART_BYTES:
            yield bytes(buffer[:PART_BYTES])
            del buffer[:PART_BYTES]
    if buffer:
        yield bytes(buffer)
