"""Format and pixel size of a file, from its first bytes, without an imaging library."""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from app.core import heif, jpeg
from app.core.errors import BadPicture, UnsupportedMedia
from app.core.sizes import check_size

HEAD_BYTES = 512 * 1024
Format = Literal["jpeg", "png", "webp", "avif", "heic"]
Size = tuple[int, int]

_START_OF_FRAME = {jpeg.BASELINE, jpeg.EXTENDED, jpeg.PROGRESSIVE}  # supported by every decoder
_OTHER_FRAMES = {0xC3, 0xC5, 0xC6, 0xC7, 0xC9, 0xCA, 0xCB, 0xCD, 0xCE, 0xCF}  # lossless, arithmetic, …
_UNUSUAL = "This kind of JPEG is not supported. Save the photo as a standard JPEG or as PNG."  # or 12 bits deep


@dataclass(frozen=True)
class Header:
    """A file's format and stored size in pixels, before any EXIF rotation.

    The size is None if it is beyond the head: some phones put megabytes of depth map in front of it. Such a file is not
    refused here, because the decoder checks the size again before it decodes.
    """

    format: Format
    mime: str
    size: Size | None


class _TooLong(Exception):
    """The header has more parts than are read here."""


def sniff(head: bytes) -> Header:
    """Read the header from a file's first HEAD_BYTES (or all of a smaller file).

    The work is bounded (jpeg.MOST_SEGMENTS, heif.MOST_STEPS). A header that needs more is left to the decoder, with an
    unknown size. Raises UnsupportedMedia for an unsupported format, BadPicture for a damaged header.
    """
    if not head:
        raise BadPicture("This file is empty. Choose another photo.")
    kind = _format(head)
    try:
        size = _READERS[kind](head)
    except _TooLong:
        return Header(kind, f"image/{kind}", None)
    except (IndexError, struct.error):
        size = None  # the head ended in the middle of the header
    if (size is None and len(head) < HEAD_BYTES) or (size is not None and min(size) < 1):
        raise BadPicture()
    return Header(kind, f"image/{kind}", size)


def check(header: Header) -> None:
    """Raise BadPicture (too_many_pixels, too_small) for a size that cannot become a design."""
    if header.size is not None:
        check_size(*header.size)


def _format(head: bytes) -> Format:
    if head.startswith(b"\xff\xd8\xff"):
        return "jpeg"
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return "png"
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        return "webp"
    brands = heif.brands(head)
    if brands & heif.AVIF_BRANDS:
        return "avif"
    if brands & heif.HEIC_BRANDS:
        return "heic"
    raise UnsupportedMedia()


def _jpeg(head: bytes) -> Size | None:
    """Walk the segments to the start of frame (ITU T.81, B.2.2)."""
    end = 0
    for each in jpeg.segments(head):
        marker, end = each.marker, each.end
        if marker in _OTHER_FRAMES or (marker in _START_OF_FRAME and head[each.content] != 8):
            raise BadPicture(_UNUSUAL, code="unsupported_format")
        if marker in _START_OF_FRAME:
            height, width = struct.unpack_from(">HH", head, each.content + 1)
            return width, height
        if marker in (jpeg.START_OF_IMAGE, jpeg.END_OF_IMAGE, jpeg.START_OF_SCAN):
            raise BadPicture()
    if jpeg.segment_at(head, end):
        raise _TooLong
    return None


def _png(head: bytes) -> Size:
    length, name, width, height = struct.unpack_from(">I4sII", head, 8)
    if (length, name) != (13, b"IHDR"):
        raise BadPicture()
    return width, height


def _webp(head: bytes) -> Size:
    """The first chunk contains it: lossy, lossless, or extended (RFC 9649)."""
    chunk = head[12:16]
    if chunk == b"VP8X":
        return int.from_bytes(head[24:27], "little") + 1, int.from_bytes(head[27:30], "little") + 1
    if chunk == b"VP8L" and head[20] == 0x2F:
        bits = struct.unpack_from("<I", head, 21)[0]
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    if chunk == b"VP8 " and head[23:26] == b"\x9d\x01\x2a":
        width, height = struct.unpack_from("<HH", head, 26)
        return width & 0x3FFF, height & 0x3FFF
    raise BadPicture()


def _heif(head: bytes) -> Size | None:
    try:
        image = heif.main_image(head)
    except heif.TooManyParts as fault:
        raise _TooLong from fault
    return image.size if image else None


_READERS: dict[Format, Callable[[bytes], Size | None]] = {
    "jpeg": _jpeg,
    "png": _png,
    "webp": _webp,
    "avif": _heif,
    "heic": _heif,
}
