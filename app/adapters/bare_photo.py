"""A stranger's photo without what it says beside its pixels, for a service that would act on that or pass it on.

All but what is needed for the pixels and their colours is cut out of JPEG, PNG and WebP without decoding anything.
So the turn that EXIF asks for is ours to make, whatever a service thinks of it, and no place or name leaves with it.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from app.core import heif, sniff
from app.core.errors import BadPicture
from app.core.sizes import check_size

_KEPT = {0xE2: b"ICC_PROFILE\0", 0xEE: b"Adobe"}  # of a JPEG's application segments: profile, colour transform
_JFIF = b"\xff\xe0\0\x10JFIF\0\1\1\0\0\1\0\1\0\0"  # says how colours are stored; without the thumbnail it can hold
START_OF_SCAN, _END = 0xDA, 0xD9
_NEXT_MARKER = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")  # none of a scan's own (ITU T.81, B.1.1)
_CHUNKS = {b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND", b"gAMA", b"cHRM", b"sRGB", b"iCCP", b"sBIT", b"cICP"}
_WEBP_CHUNKS = {b"VP8X", b"VP8 ", b"VP8L", b"ALPH", b"ICCP", b"ANIM", b"ANMF"}
_ORIENTATION = 0x0112
_SPEAKS = 0x08 | 0x04  # in the flags of an extended WebP: it has EXIF, it has XMP

Parts = list[bytes]


@dataclass(frozen=True)
class BarePhoto:
    """A photo's bytes in pieces, its format, its size in pixels as stored, and its EXIF orientation, 1 to 8.

    HEIC and AVIF are left whole: decoders must turn them by what their boxes say, and `size` is after that turn.
    """

    parts: Parts
    format: sniff.Format
    size: tuple[int, int]
    turn: int = 1

    @property
    def bytes(self) -> int:
        return sum(map(len, self.parts))


def bare(photo: bytes, *, any_size: bool = False) -> BarePhoto:
    """Raises UnsupportedMedia, and BadPicture: damaged, cut off, or (not with `any_size`) of a size that is refused."""
    header = sniff.sniff(photo)
    if header.size is None:
        raise BadPicture()
    if not any_size:
        check_size(*header.size)
    try:
        parts, exif = _CUTTERS.get(header.format, _whole)(photo)
    except (IndexError, struct.error) as error:
        raise BadPicture() from error
    return BarePhoto(parts, header.format, header.size, _turn(exif))


def _jpeg(photo: bytes) -> tuple[Parts, bytes]:
    parts, exif, end = [photo[:2]], b"", 2
    for marker, start, end in jpeg_segments(photo):
        if photo[start + 4 : start + 10] == b"Exif\0\0":
            exif = exif or photo[start + 10 : end]
        if photo[start + 4 : start + 9] == b"JFIF\0":
            parts.append(_JFIF)
        elif _is_kept(marker, photo[start + 4 : start + 16]):
            parts.append(photo[start:end])
    return [*parts, *_scans(photo, end)], exif


def _is_kept(marker: int, body: bytes) -> bool:
    if marker == 0xFE or 0xE0 <= marker <= 0xEF:
        return marker in _KEPT and body.startswith(_KEPT[marker])
    return True


def _scans(photo: bytes, at: int) -> Iterator[bytes]:
    """What follows a scan's header: its data, and the tables and headers of further scans, until the picture ends."""
    while following := _NEXT_MARKER.search(photo, at):
        start, marker = following.start(), photo[following.start() + 1]
        yield photo[at:start]
        if marker == _END:
            yield photo[start : start + 2]
            return
        at = start + 2 + int(struct.unpack_from(">H", photo, start + 2)[0])
        if _is_kept(marker, photo[start + 4 : start + 16]):
            yield photo[start:at]
    raise BadPicture()  # cut off: a decoder might fill the rest with grey


def jpeg_segments(photo: bytes) -> Iterator[tuple[int, int, int]]:
    """Marker, start and end of each segment, up to the first scan, whose end is its header's (ITU T.81, B.1.1)."""
    at = 2
    while at < len(photo):
        if photo[at] != 0xFF:
            raise BadPicture()
        marker = photo[at + 1]
        if marker == 0xFF:  # a fill byte
            at += 1
            continue
        bare_marker = marker == 0x01 or 0xD0 <= marker <= 0xD8
        end = at + 2 if bare_marker else at + 2 + int(struct.unpack_from(">H", photo, at + 2)[0])
        yield marker, at, end
        if marker == START_OF_SCAN:
            return
        at = end


def _png(photo: bytes) -> tuple[Parts, bytes]:
    parts, exif, at, name = [photo[:8]], b"", 8, b""
    while name != b"IEND":
        length, name = struct.unpack_from(">I4s", photo, at)
        end = at + 12 + length
        if end > len(photo):
            raise BadPicture()
        if name == b"eXIf":
            exif = photo[at + 8 : end - 4]
        if name in _CHUNKS:
            parts.append(photo[at:end])
        at = end
    return parts, exif


def _webp(photo: bytes) -> tuple[Parts, bytes]:
    chunks, exif, at = [], b"", 12
    end = 8 + int.from_bytes(photo[4:8], "little")
    if end > len(photo):
        raise BadPicture()
    while at + 8 <= end:
        name, length = struct.unpack_from("<4sI", photo, at)
        after = at + 8 + length + length % 2
        if name == b"EXIF":
            exif = photo[at + 8 : at + 8 + length].removeprefix(b"Exif\0\0")
        elif name in _WEBP_CHUNKS:
            chunks.append(photo[at:after])
        at = after
    if chunks and chunks[0][:4] == b"VP8X":
        first = chunks[0]
        chunks[0] = first[:8] + bytes([first[8] & ~_SPEAKS]) + first[9:]
    return [b"RIFF" + (4 + sum(map(len, chunks))).to_bytes(4, "little") + b"WEBP", *chunks], exif


def _whole(photo: bytes) -> tuple[Parts, bytes]:
    if not heif.is_whole(photo):
        raise BadPicture()
    return [photo], b""


def _turn(exif: bytes) -> int:
    """The orientation in a TIFF header's first directory; 1 where it says none that there is."""
    order = {b"II": "<", b"MM": ">"}.get(exif[:2])
    if order is None:
        return 1
    try:
        directory = struct.unpack_from(order + "I", exif, 4)[0]
        for entry in range(struct.unpack_from(order + "H", exif, directory)[0]):
            tag, _, _, value = struct.unpack_from(order + "HHIH", exif, directory + 2 + entry * 12)
            if tag == _ORIENTATION:
                return value if 1 <= value <= 8 else 1
    except struct.error:
        return 1
    return 1


_CUTTERS: dict[str, Callable[[bytes], tuple[Parts, bytes]]] = {"jpeg": _jpeg, "png": _png, "webp": _webp}
