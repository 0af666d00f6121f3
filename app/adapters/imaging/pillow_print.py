"""Streamed encoding of print files with Pillow: strip by strip, so that no whole picture is ever in memory.

Pillow's encoders accept only whole pictures. But the data of a JPEG is independent after every restart marker, and so
are the strips of a TIFF. Pillow therefore encodes each strip as a separate file, whose data is copied into the print.
"""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Callable, Iterator
from typing import Any

from app.adapters.imaging import made_by_ai, print_strips, tiff
from app.adapters.imaging.pillow_icc import Inks
from app.adapters.imaging.png import SIGNATURE, chunk
from app.adapters.imaging.print_pdf import Page, pdf
from app.adapters.imaging.print_plan import PrintPlan
from app.adapters.imaging.print_strips import ROWS
from app.core import jpeg as jpeg_format
from app.core.pictures import PrintFile, PrintFormat

_FRAME = 0xC0  # the marker of a baseline JPEG's frame header, which holds its size (ITU T.81, B.2.2)
_BEHIND_ROW_ABOVE = b"\2"  # PNG's filter type "Up"
_BY_PIXEL_BEFORE = 2  # TIFF's horizontal predictor
_COMPRESSION: dict[PrintFormat, tuple[str, int]] = {"tiff": ("tiff_lzw", 5), "tiff-deflate": ("tiff_adobe_deflate", 8)}


def print_file(plan: PrintPlan, inks: Inks) -> PrintFile:
    """Make the print of a picture that already has the print's aspect ratio. Raises Unprocessable."""
    out, strips = io.BytesIO(), print_strips.PrintStrips(plan)
    _WRITERS[plan.spec.format](out, inks, map(inks.convert, strips))
    return plan.result(out.getvalue(), strips.tiles)


def _pdf(out: io.BytesIO, inks: Inks, strips: Iterator[Any]) -> None:
    jpeg = io.BytesIO()
    _jpeg(jpeg, inks, strips)
    words = made_by_ai.XMP if inks.spec.by_ai else None
    out.write(pdf(Page(jpeg.getvalue(), inks.spec, inks.embedded, inks.space, words)))


def _jpeg(out: io.BytesIO, inks: Inks, strips: Iterator[Any]) -> None:
    spec = inks.spec
    blocks = -(-spec.full_size[0] // 8) * (ROWS // 8)
    options: dict[str, Any] = {"quality": spec.quality, "subsampling": 0, "restart_marker_blocks": blocks}
    if spec.by_ai:
        options["xmp"] = made_by_ai.XMP
    for number, strip in enumerate(strips):
        jpeg = _file(strip, "JPEG", dpi=(spec.dpi, spec.dpi), icc_profile=inks.embedded, **options)
        segments = {marker: (start, end) for marker, start, end in jpeg_format.segments(jpeg)}
        _, pixels = list(segments.values())[-1]
        if number == 0:
            frame, _ = segments[_FRAME]
            out.write(jpeg[: frame + 5] + struct.pack(">H", spec.full_size[1]) + jpeg[frame + 7 : pixels])
        else:
            out.write(bytes([0xFF, 0xD0 + (number - 1) % 8]))
        out.write(jpeg[pixels:-2])
    out.write(b"\xff\xd9")


def _png(out: io.BytesIO, inks: Inks, strips: Iterator[Any]) -> None:
    """Write a PNG with the filter "Up". It is as small as with Pillow's choice per row, in less than half the time."""
    spec, size = inks.spec, inks.spec.full_size
    head = SIGNATURE + chunk(b"IHDR", struct.pack(">IIBBBBB", *size, 8, 2, 0, 0, 0))
    out.write(made_by_ai.png(head) if spec.by_ai else head)
    out.write(chunk(b"pHYs", struct.pack(">IIB", *[round(spec.dpi / 0.0254)] * 2, 1)))
    out.write(chunk(b"iCCP", b"ICC\0\0" + zlib.compress(inks.embedded, 9)))
    packer = zlib.compressobj(level=1)
    for rows in _differences(strips, size[0]):
        out.write(chunk(b"IDAT", packer.compress(rows)))
    out.write(chunk(b"IDAT", packer.flush()) + chunk(b"IEND", b""))


def _differences(strips: Iterator[Any], width: int) -> Iterator[bytes]:
    """Yield strips of filtered rows: each is the filter's number and the difference from the row above."""
    from PIL import Image, ImageChops

    stride, above = width * 3, Image.new("RGB", (width, 1))
    for strip in strips:
        lower = Image.new("RGB", strip.size)
        lower.paste(above, (0, 0))
        lower.paste(strip, (0, 1))
        above = strip.crop((0, strip.height - 1, width, strip.height))
        rows = ImageChops.subtract_modulo(strip, lower).tobytes()
        yield b"".join(_BEHIND_ROW_ABOVE + rows[at : at + stride] for at in range(0, len(rows), stride))


def _tiff(out: io.BytesIO, inks: Inks, strips: Iterator[Any]) -> None:
    from PIL.TiffImagePlugin import TiffImageFile

    how, number = _COMPRESSION[inks.spec.format]
    out.write(tiff.header(0))
    starts, sizes = [], []
    for strip in strips:
        file = _file(strip, "TIFF", compression=how, tiffinfo={317: _BY_PIXEL_BEFORE}, strip_size=2**30)
        with TiffImageFile(io.BytesIO(file)) as image:
            at, size = image.tag_v2[273][0], image.tag_v2[279][0]
        starts.append(out.tell())
        sizes.append(size)
        out.write(file[at : at + size] + bytes(size % 2))
    directory = out.tell()
    fields = tiff.picture(len(inks.space), inks.spec.full_size, ROWS, starts, sizes) | _tags(inks, number)
    out.write(tiff.directory(fields, directory))
    out.seek(0)
    out.write(tiff.header(directory))


def _tags(inks: Inks, packed: int) -> tiff.Fields:
    spec = inks.spec
    words: tiff.Fields = {made_by_ai.TIFF_TAG: (tiff.BYTE, made_by_ai.XMP)} if spec.by_ai else {}
    return {
        259: (tiff.SHORT, [packed]),
        282: (tiff.RATIONAL, [spec.dpi, 1]),
        283: (tiff.RATIONAL, [spec.dpi, 1]),
        296: (tiff.SHORT, [2]),  # the resolution unit is inches
        317: (tiff.SHORT, [_BY_PIXEL_BEFORE]),
        34675: (tiff.UNDEFINED, inks.embedded),
        **words,
    }


def _file(strip: Any, fmt: str, **options: Any) -> bytes:
    out = io.BytesIO()
    strip.save(out, fmt, **options)
    return out.getvalue()


_WRITERS: dict[PrintFormat, Callable[[io.BytesIO, Inks, Iterator[Any]], None]] = {
    "jpg": _jpeg,
    "png": _png,
    "tiff": _tiff,
    "tiff-deflate": _tiff,
    "pdf": _pdf,
}
