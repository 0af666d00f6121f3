"""Streaming zip archives: neither an entry nor the archive is ever in memory as a whole."""

from __future__ import annotations

import io
import zipfile
from collections.abc import AsyncIterable, AsyncIterator
from datetime import datetime

Entry = tuple[str, AsyncIterable[bytes]]
"""A file's name and its content."""


async def zip_stream(entries: AsyncIterable[Entry], at: datetime) -> AsyncIterator[bytes]:
    """Yield the archive in chunks. Entries are not compressed, because pictures already are.

    The archive may be larger than 4 GiB (it is then ZIP64), but no single entry may be larger than 2 GiB. Each entry's
    chunks are read to their end before the next entry is asked for.
    """
    sink = _Sink()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_STORED) as archive:
        async for name, chunks in entries:
            with archive.open(zipfile.ZipInfo(name, at.timetuple()[:6]), "w") as entry:
                async for chunk in chunks:
                    entry.write(chunk)
                    yield sink.take()
    yield sink.take()


class _Sink(io.RawIOBase):
    """Collects what zipfile writes until it is taken. It cannot seek, so zipfile never rewrites earlier bytes."""

    def __init__(self) -> None:
        super().__init__()
        self._written = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: bytes) -> int:  # type: ignore[override]  # zipfile passes only bytes
        self._written += data
        return len(data)

    def take(self) -> bytes:
        chunk, self._written = bytes(self._written), bytearray()
        return chunk
