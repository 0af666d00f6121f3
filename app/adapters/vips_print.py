"""The print file by libvips, streamed: strips from the upscaler go in, encoded rows come out.

The enlarged picture never lies in memory as a whole. libvips reads raw rows from files only, so the strips
travel to it inside a PNG that is not compressed: its checksums are all that this costs.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from app.adapters.print_plan import SHARPEN, PrintPlan, margin
from app.adapters.vips_inks import Inks
from app.adapters.vips_photo import image_of, library, raster, resized
from app.core.abandon import watched
from app.core.pictures import PrintFile, PrintSpec, Raster
from app.core.ports import Upscaler


def print_file(source: Raster, spec: PrintSpec, upscaler: Upscaler, profile: bytes | None) -> PrintFile:
    """The print of a picture that has the print's aspect already. Raises Unprocessable."""
    inks = Inks.of(profile, spec)
    around = margin((source.width, source.height), spec)
    plan = PrintPlan(spec, _mirrored(source, around), upscaler, around)
    if not plan.by_network:
        return plan.result(inks.encode(_finished(image_of(plan.source), plan)))
    stream = _Stream(png_chunks(plan.enlarged, watched(upscaler.strips(plan.source))))
    return plan.result(stream.drain(lambda image: inks.encode(_finished(image, plan))))


def png_chunks(size: tuple[int, int], strips: Iterator[bytes]) -> Iterator[bytes]:
    """An uncompressed PNG of whole RGB rows, piece by piece."""
    yield b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", struct.pack(">IIBBBBB", *size, 8, 2, 0, 0, 0))
    row, packer = size[0] * 3, zlib.compressobj(level=0)
    for strip in strips:
        rows = (b"\0" + strip[at : at + row] for at in range(0, len(strip), row))  # 0: no filter
        yield _chunk(b"IDAT", packer.compress(b"".join(rows)))
    yield _chunk(b"IDAT", packer.flush()) + _chunk(b"IEND", b"")


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(data, zlib.crc32(name)))


class _Stream:
    """A source that libvips pulls from. What goes wrong inside is kept, since C cannot carry it out.

    One thread of its own makes the strips, one ahead: so the network works while libvips encodes, and keeps its
    memory in one place whichever of libvips' threads asks.
    """

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks = chunks
        self._maker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="strips")
        self._ahead = self._next()
        self._rest = memoryview(b"")
        self._error: Exception | None = None

    def drain(self, work: Callable[[Any], bytes]) -> bytes:
        """What `work` makes of the image; an error of the upscaler comes before libvips' own."""
        vips = library()
        source = vips.SourceCustom()
        source.on_read(self._read)
        try:
            return work(vips.Image.pngload_source(source, access="sequential", fail_on="truncated"))
        except vips.Error:
            if self._error:
                raise self._error from None
            raise
        finally:
            self._maker.shutdown(cancel_futures=True)

    def _next(self) -> Future[bytes]:
        return self._maker.submit(next, self._chunks, b"")

    def _read(self, size: int) -> bytes:
        try:
            if not self._rest:
                self._rest = memoryview(self._ahead.result())
                self._ahead = self._next()
        except Exception as error:  # noqa: BLE001  (a callback from C: raised again in drain)
            self._error = error
            return b""
        piece, self._rest = bytes(self._rest[:size]), self._rest[size:]
        return piece


def _mirrored(source: Raster, around: int) -> Raster:
    """The picture with its edges mirrored around it, so many pixels wide."""
    if not around:
        return source
    size = source.width + 2 * around, source.height + 2 * around
    return raster(image_of(source).embed(around, around, *size, extend="mirror"))


def _finished(image: Any, plan: PrintPlan) -> Any:
    kernel = library().Image.new_from_array([list(row) for row in SHARPEN], scale=16)
    if plan.sharpen_first:
        image = resized(image.conv(kernel, precision="integer"), plan.scaled)
    else:
        image = resized(image, plan.scaled).conv(kernel, precision="integer")
    box = plan.cut
    return image if plan.scaled == plan.spec.full_size else image.crop(box.left, box.top, box.width, box.height)
