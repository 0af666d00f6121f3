"""Feeds libvips with pixels that are made while it encodes, wrapped in an uncompressed TIFF.

libvips reads raw pixels only from files. With PNG as the wrapper, the checksums took longer than encoding a JPEG.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from app.adapters.imaging import tiff
from app.adapters.imaging.vips_photo import library


def encode_stream(size: tuple[int, int], rows: int, strips: Iterator[bytes], work: Callable[[Any], bytes]) -> bytes:
    """Return `work(image)` for an RGB picture of `size` that arrives in strips of `rows` rows; the last may be shorter.

    If both the strips and libvips fail, raises the strips' error.
    """
    vips, stream = library(), _Stream(_head(*size, rows), size[0] * size[1] * 3, strips)
    # This allows TIFF only from custom sources. Untrusted files come in buffers, for which TIFF stays blocked.
    vips.operation_block_set("VipsForeignLoadTiffSource", False)
    source = vips.SourceCustom()
    source.on_read(stream.read)
    source.on_seek(stream.seek)
    try:
        made = work(vips.Image.tiffload_source(source, access="sequential", fail_on="truncated"))
    except vips.Error as error:
        raise stream.error or error from None
    finally:
        stream.close()
    if stream.error:  # libtiff accepts incomplete pixels
        raise stream.error
    return made


def _head(width: int, height: int, rows: int) -> bytes:
    """The TIFF header and directory, which precede the pixels."""
    tops = range(0, height, rows)
    sizes = [min(rows, height - top) * width * 3 for top in tops]
    head = b""
    for _ in range(2):  # the second pass uses the length of the head from the first
        starts = [len(head) + top * width * 3 for top in tops]
        head = tiff.header(8) + tiff.directory(tiff.picture(3, (width, height), rows, starts, sizes), 8)
    return head


class _Stream:
    """A source from which libvips reads. Exceptions are stored in `error`, since they cannot pass through C.

    A dedicated thread makes each strip one step ahead, while libvips encodes the previous one. Using the same thread
    for all strips also keeps their memory in one allocator arena, whichever of libvips's threads reads.
    """

    def __init__(self, head: bytes, pixels: int, strips: Iterator[bytes]) -> None:
        self.error: Exception | None = None
        self._head, self._size = head, len(head) + pixels
        self._at, self._delivered = 0, len(head)
        self._strips, self._rest = strips, memoryview(b"")
        self._maker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="strips")
        self._ahead = self._next()

    def close(self) -> None:
        self._maker.shutdown(cancel_futures=True)

    def seek(self, offset: int, whence: int) -> int:
        self._at = offset + (0, self._at, self._size)[whence]
        return self._at

    def read(self, size: int) -> bytes:
        try:
            piece = self._head[self._at : self._at + size] if self._at < len(self._head) else self._pixels(size)
        except Exception as error:  # noqa: BLE001  (a callback from C: raised again in encode_stream)
            self.error = self.error or error
            return b""
        self._at += len(piece)
        return piece

    def _pixels(self, size: int) -> bytes:
        if self._at != self._delivered:
            raise OSError("libvips asked for pixels in another order than they are made in")
        if not self._rest:
            self._rest = memoryview(self._ahead.result())
            self._ahead = self._next()
        piece, self._rest = bytes(self._rest[:size]), self._rest[size:]
        self._delivered += len(piece)
        return piece

    def _next(self) -> Future[bytes]:
        return self._maker.submit(next, self._strips, b"")
