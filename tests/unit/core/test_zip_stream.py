"""A zip of any size passes through a little memory."""

from __future__ import annotations

import io
import tracemalloc
import zipfile
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest

from app.core.zip_stream import Entry, zip_stream

pytestmark = pytest.mark.anyio
AT = datetime(2026, 11, 21, 12, tzinfo=UTC)
CHUNK, CHUNKS = 256 * 1024, 800
MOST_BYTES = 4 * 1024 * 1024


async def content(chunks: int) -> AsyncIterator[bytes]:
    for number in range(chunks):
        yield bytes([number % 251]) * CHUNK


async def entries(*chunks: int) -> AsyncIterator[Entry]:
    for number, each in enumerate(chunks):
        yield f"pictures/{number}.jpg", content(each)


async def test_every_file_comes_out_as_it_went_in() -> None:
    packed = b"".join([piece async for piece in zip_stream(entries(3, 0, 1), AT)])
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        assert archive.testzip() is None
        sizes = {each.filename: each.file_size for each in archive.infolist()}
        assert sizes == {"pictures/0.jpg": 3 * CHUNK, "pictures/1.jpg": 0, "pictures/2.jpg": CHUNK}
        assert archive.read("pictures/0.jpg") == b"".join([chunk async for chunk in content(3)])


async def test_two_hundred_megabytes_take_less_than_four() -> None:
    tracemalloc.start()
    try:
        size = 0
        async for piece in zip_stream(entries(CHUNKS), AT):
            size += len(piece)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    print(f"{size / 1e6:.0f} MB through {peak / 1e6:.1f} MB")
    assert size > CHUNK * CHUNKS
    assert peak < MOST_BYTES
