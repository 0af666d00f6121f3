"""A stranger's photo without what it says beside its pixels, for a service that would act on that or pass it on.

EXIF, XMP, comments and texts are cut out of JPEG, PNG and WebP without decoding anything; the colour profile stays.
So the turn that EXIF asks for is ours to make, whatever a service thinks of it, and no place or name leaves with it.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from app.core import heif, sniff
from app.core.errors import BadPicture
from app.core.sizes import check_size

_KEPT = {0xE0, 0xE2, 0xEE}  # JFIF, colour profiles, Adobe's colour transform
START_OF_SCAN = 0xDA
_TEXTS = {b"eXIf", b"tEXt", b"zTXt", b"iTXt", b"tIME"}
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
    parts, exif = [photo[:2]], b""
    for marker, start, end in jpeg_segments(photo):
        if marker == START_OF_SCAN:
            if photo.rfind(b"\xff\xd9") < start:
                raise BadPicture()  # cut off: a decoder might fill the rest with grey
            return [*parts, photo[start:]], exif
        if photo[start + 4 : start + 10] == b"Exif\0\0":
            exif = exif or photo[start + 10 : end]
        if marker in _KEPT or not (0xE0 <= marker <= 0xEF or marker == 0xFE):
            parts.append(photo[start:end])
    raise BadPicture()


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
        if name not in _TEXTS:
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
        elif name != b"XMP ":
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
