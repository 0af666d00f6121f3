"""A zip as a stream: what goes in is not whole in memory, nor is what comes out."""

from __future__ import annotations

import io
import zipfile
from collections.abc import AsyncIterable, AsyncIterator
from datetime import datetime

Entry = tuple[str, AsyncIterable[bytes]]
"""A file's name and its content."""


async def zipped(entries: AsyncIterable[Entry], at: datetime) -> AsyncIterator[bytes]:
    """Stored, not compressed: pictures are already."""
    sink = _Sink()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_STORED) as archive:
        async for name, chunks in entries:
            with archive.open(zipfile.ZipInfo(name, at.timetuple()[:6]), "w") as entry:
                async for chunk in chunks:
                    entry.write(chunk)
                    yield sink.taken()
    yield sink.taken()


class _Sink(io.RawIOBase):
    """What was written since it was last asked. It cannot seek, so zipfile never goes back."""

    def __init__(self) -> None:
        super().__init__()
        self._written = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: bytes) -> int:  # type: ignore[override]  # zipfile gives bytes alone
        self._written += data
        return len(data)

    def taken(self) -> bytes:
        taken, self._written = bytes(self._written), bytearray()
        return taken
