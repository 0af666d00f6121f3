"""Clients that mean no good: some send a byte a second, others without end."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from urllib.parse import urlsplit

BYTE_S = 1.0
PIECE = b"x" * 65536
CHUNK = b"%x\r\n%b\r\n" % (len(PIECE), PIECE)
GIVEN_UP_S = 60.0


@asynccontextmanager
async def dribbling(url: str, begun: Sequence[bytes]) -> AsyncIterator[list[asyncio.Task[int]]]:
    """One client for each beginning of a request, that then sends a byte a second as long as this lasts.

    The tasks give the status that a client was told, 0 for none before it was cut off.
    """
    clients = [asyncio.create_task(_dribble(url, head)) for head in begun]
    try:
        yield clients
    finally:
        for client in clients:
            client.cancel()
        await asyncio.gather(*clients, return_exceptions=True)


async def pouring(url: str, head: bytes, size: int) -> tuple[int, int]:
    """Send so many bytes, in chunks when the head says so; the status that was told, and how many went till then."""
    piece, sent = CHUNK if b"chunked" in head else PIECE, 0
    reader, writer = await _opened(url)
    answer = asyncio.create_task(_status(reader))
    writer.write(head)
    with suppress(OSError):
        while sent < size and not answer.done():
            writer.write(piece)
            sent += len(piece)
            await writer.drain()
    async with asyncio.timeout(GIVEN_UP_S):
        status = await answer
    await _closed(writer)
    return status, sent


async def _dribble(url: str, head: bytes) -> int:
    reader, writer = await _opened(url)
    answer = asyncio.create_task(_status(reader))
    try:
        writer.write(head)
        while not answer.done():
            with suppress(OSError):
                writer.write(b"x")
            await asyncio.wait([answer], timeout=BYTE_S)
        return answer.result()
    finally:
        answer.cancel()
        await _closed(writer)


async def _opened(url: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    place = urlsplit(url)
    return await asyncio.open_connection(place.hostname, place.port)


async def _status(reader: asyncio.StreamReader) -> int:
    with suppress(OSError):
        line = await reader.readline()
        return int(line.split()[1]) if line else 0
    return 0


async def _closed(writer: asyncio.StreamWriter) -> None:
    writer.transport.abort()
    with suppress(OSError):
        await writer.wait_closed()
