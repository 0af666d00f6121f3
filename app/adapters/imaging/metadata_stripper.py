"""Reduces an untrusted photo to its pixels and colour information, which is what every imaging adapter decodes.

All other metadata is removed from JPEG, PNG and WebP without decoding the pixels. So no location or name is sent to a
service, the app applies the EXIF orientation itself regardless of the library, and damaged metadata does no harm. The
remaining file is normalized, so that the strictest decoder can read what the most tolerant one can.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from app.adapters.imaging import screen_profile
from app.adapters.imaging.png import SIGNATURE, chunk
from app.core import heif, jpeg, sniff
from app.core.errors import BadPicture
from app.core.heif import Coding
from app.core.sizes import check_size

_KEPT = {0xE2: b"ICC_PROFILE\0", 0xEE: b"Adobe"}  # application segments of a JPEG: profile, colour transform
_JFIF = b"\xff\xe0\0\x10JFIF\0\1\1\0\0\1\0\1\0\0"  # declares the colour encoding; has no thumbnail
_COMMENT = 0xFE
_WHOLE_SPECTRUM = b"\0\x3f\0"  # the parameters of every non-progressive scan
_END = b"\xff\xd9"
_MOST_PADDING = 2  # zero bytes that may still belong to a scan whose end is missing
_CRITICAL = {b"IHDR", b"PLTE", b"IDAT", b"IEND"}
_COLOURS = {b"tRNS": None, b"gAMA": 4, b"cHRM": 32, b"sRGB": 1, b"iCCP": None, b"cICP": 4}  # with any fixed length
_IN_COLOUR = 2  # a bit of a PNG's colour type
_FULL_RANGE_RGB, _UNSPECIFIED = b"\0\1", 2  # in a cICP chunk (H.273)
_PNG_END = chunk(b"IEND", b"")
_MOST_CHUNKS = 100_000  # per PNG or WebP; 25 MB in chunks of 8 KB, as libpng writes them, are 3,200
_MOST_PROFILE_BYTES = 4 * 1024 * 1024
_WEBP_CHUNKS = {b"VP8X", b"VP8 ", b"VP8L", b"ALPH", b"ICCP", b"ANIM", b"ANMF"}
_ORIENTATION = 0x0112
_METADATA_FLAGS = 0x08 | 0x04  # flags of an extended WebP for EXIF and XMP

Parts = list[bytes]


@dataclass(frozen=True)
class BarePhoto:
    """A photo's bytes in parts, its format, its size in pixels as stored, and its EXIF orientation (`turn`), 1 to 8.

    `profile` is an ICC profile for a file that describes its colours only by numbers. `is_ended` is False for a JPEG
    whose end marker was missing: one was added, but only a decoder can tell if all pixels are present. HEIC and AVIF
    are left unchanged: decoders must apply the rotation in their boxes, and `size` is the size after that rotation.
    """

    parts: Parts
    format: sniff.Format
    size: tuple[int, int]
    turn: int = 1
    profile: bytes | None = None
    is_ended: bool = True
    has_premultiplied_alpha: bool = False

    @property
    def data(self) -> bytes:
        """The photo in one piece."""
        return b"".join(self.parts)

    @property
    def bytes(self) -> int:
        return sum(map(len, self.parts))


def bare(photo: bytes, *, any_size: bool = False) -> BarePhoto:
    """Strip a photo's metadata.

    Raises UnsupportedMedia, or BadPicture if it is damaged, truncated or, unless `any_size` is set, of a rejected size.
    """
    header = sniff.sniff(photo)
    if header.size is None:
        raise BadPicture()
    if not any_size:
        check_size(*header.size)
    try:
        return _CUTTERS[header.format](photo, BarePhoto([], header.format, header.size))
    except (IndexError, struct.error, heif.TooManyParts) as error:
        raise BadPicture() from error


def _jpeg(photo: bytes, about: BarePhoto) -> BarePhoto:
    parts, exif, scans = [photo[:2]], b"", _Scans()
    for each in jpeg.segments(photo):
        start, body, end = each.start, each.content, each.end
        if each.marker == jpeg.START_OF_SCAN:
            break
        scans.record_frame(each.marker, photo[body:end])
        if photo[body : body + 6] == b"Exif\0\0":
            exif = exif or photo[body + 6 : end]
        if each.marker == 0xE0 and photo[body : body + 5] == b"JFIF\0":
            parts.append(_JFIF)
        elif _is_kept(each.marker, photo[body : body + 12]):
            parts.append(photo[start:end])
    else:
        raise BadPicture()  # no scan
    parts.append(scans.header(photo[start:end]))
    is_ended = False
    for each_part in _scans(photo, end, scans):
        parts.append(each_part)
        is_ended = each_part == _END
    if not is_ended:
        if not scans.has_all:
            raise BadPicture()  # truncated: a decoder would show the part that is there
        parts[-1] = _without_padding(parts[-1])
        parts.append(_END)
    return replace(about, parts=parts, turn=_turn(exif), is_ended=is_ended)


def _is_kept(marker: int, body: bytes) -> bool:
    if marker == _COMMENT or 0xE0 <= marker <= 0xEF:
        return marker in _KEPT and body.startswith(_KEPT[marker])
    return True


def _scans(photo: bytes, at: int, scans: _Scans) -> Iterator[bytes]:
    """Yield the data after a scan's header, and the tables, headers and data of further scans, until the image ends.

    The last part is the end marker, unless the file ends before it. Raises BadPicture after MOST_SEGMENTS segments.
    """
    for _ in range(jpeg.MOST_SEGMENTS):
        found = jpeg.segment_at(photo, at)
        if found is None or found.end > len(photo):
            yield photo[at : found.start if found else None]
            return
        yield photo[at : found.start]
        if found.marker == jpeg.END_OF_IMAGE:
            yield _END
            return
        at = found.end
        if found.marker == jpeg.START_OF_SCAN:
            yield scans.header(photo[found.start : at])
        elif _is_kept(found.marker, photo[found.content : found.content + 12]):
            yield photo[found.start : at]
    raise BadPicture()


class _Scans:
    """Tracks which DCT coefficients of a JPEG have arrived in full, to tell if an image without an end is complete."""

    def __init__(self) -> None:
        self._frame = 0
        self._missing: dict[int, set[int]] = {}  # by component

    def record_frame(self, marker: int, body: bytes) -> None:
        if marker in (jpeg.BASELINE, jpeg.EXTENDED, jpeg.PROGRESSIVE):
            self._frame = marker
            self._missing = {body[6 + 3 * at]: set(range(64)) for at in range(body[5])}

    def header(self, segment: bytes) -> bytes:
        """Record a scan, and return its header in normalized form.

        Some phones write spectral parameters that are invalid in non-progressive files and cause decoder warnings.
        """
        count, parameters = segment[4], segment[-3:]
        if self._frame != jpeg.PROGRESSIVE:
            parameters = _WHOLE_SPECTRUM
        first, last, precision = parameters
        for at in range(count):
            if precision & 0x0F == 0:
                self._missing.get(segment[5 + 2 * at], set()).difference_update(range(first, last + 1))
        return segment[:-3] + parameters

    @property
    def has_all(self) -> bool:
        return not any(self._missing.values())


def _without_padding(data: bytes) -> bytes:
    """A scan's data without zero padding at the end of the file, which a decoder would read as pixels."""
    plain = data.rstrip(b"\0")
    return data[: len(plain) + _MOST_PADDING]


def _png(photo: bytes, about: BarePhoto) -> BarePhoto:
    header, palette, pixels, exif, colours = b"", b"", Parts(), b"", dict[bytes, bytes]()
    for name, start, end in _png_chunks(photo):
        body = memoryview(photo)[start + 8 : end - 4]
        if name == b"IHDR":
            header = header or photo[start:end]
        elif name == b"PLTE":
            palette = palette or photo[start:end]
        elif name == b"IDAT":
            pixels.append(photo[start:end])
        elif name == b"eXIf":
            exif = exif or bytes(body)
        elif name in _COLOURS and not pixels and _COLOURS[name] in (None, len(body)):
            colours.setdefault(name, bytes(body))
    clear = colours.pop(b"tRNS", b"")
    colours, profile = _png_colours(colours)
    if profile and header[17] & _IN_COLOUR:  # a service can read it too
        colours[b"iCCP"] = b"As coded\0\0" + zlib.compress(profile)
    before = [header, *(chunk(name, body) for name, body in colours.items()), palette]
    if _is_clear_colour(clear, header[17]):
        before.append(chunk(b"tRNS", clear))
    return replace(about, parts=[SIGNATURE, *before, *pixels, _PNG_END], turn=_turn(exif), profile=profile)


def _png_chunks(photo: bytes) -> Iterator[tuple[bytes, int, int]]:
    """Yield the name, start and end of each valid chunk. After the pixel data the file may end anywhere.

    As in libpng, an ancillary chunk with a wrong checksum is skipped; for a critical one, raises BadPicture.
    """
    at, has_pixels, view = len(SIGNATURE), False, memoryview(photo)
    for _ in range(_MOST_CHUNKS):
        if at + 12 > len(photo):
            break
        length, name = struct.unpack_from(">I4s", photo, at)
        end = at + 12 + length
        if not name.isalpha() or end > len(photo):
            break
        is_valid = zlib.crc32(view[at + 4 : end - 4]) == int.from_bytes(view[end - 4 : end], "big")
        if name == b"IEND" or (has_pixels and name not in _CRITICAL and name[:1].isupper()):
            return
        if name[:1].isupper() and (name not in _CRITICAL or not is_valid):
            raise BadPicture()
        if is_valid:
            yield name, at, end
        has_pixels, at = has_pixels or name == b"IDAT", end
    else:
        raise BadPicture()
    if not has_pixels or photo[at + 4 : at + 8] == b"IDAT":
        raise BadPicture()  # truncated


def _png_colours(chunks: dict[bytes, bytes]) -> tuple[dict[bytes, bytes], bytes | None]:
    """The chunks that define the colours, and an ICC profile if they define them only by numbers.

    The order of precedence is PNG's own (third edition, 4.3): cICP, iCCP, sRGB, then cHRM and gAMA.
    """
    coding = chunks.get(b"cICP", b"")
    if coding[2:] == _FULL_RANGE_RGB and _UNSPECIFIED not in coding[:2]:
        return {b"cICP": coding}, screen_profile.of_coding(Coding(coding[0], coding[1]))
    if _is_profile(chunks.get(b"iCCP", b"")):
        return {b"iCCP": chunks[b"iCCP"]}, None
    if b"sRGB" in chunks:
        return {b"sRGB": chunks[b"sRGB"]}, None
    kept = {name: body for name, body in chunks.items() if name in (b"gAMA", b"cHRM")}
    gamma = points = None
    if b"gAMA" in kept:
        gamma = 100_000 / max(int.from_bytes(kept[b"gAMA"], "big"), 1)
    if b"cHRM" in kept:
        white, red, green, blue = ((x / 100_000, y / 100_000) for x, y in struct.iter_unpack(">II", kept[b"cHRM"]))
        points = red, green, blue, white
    return kept, screen_profile.of_png(gamma, points)


def _is_profile(packed: bytes) -> bool:
    """Return True if the content of an iCCP chunk decompresses to an ICC profile."""
    _, _, rest = packed.partition(b"\0")
    try:
        profile = zlib.decompressobj().decompress(rest[1:], _MOST_PROFILE_BYTES)
    except zlib.error:
        return False
    return rest[:1] == b"\0" and profile[36:40] == b"acsp"


def _is_clear_colour(clear: bytes, colour_type: int) -> bool:
    """Return True if the content of a tRNS chunk has a valid length for this colour type."""
    return len(clear) in {0: (2,), 2: (6,), 3: range(1, 257)}.get(colour_type, ())


def _webp(photo: bytes, about: BarePhoto) -> BarePhoto:
    chunks, exif, at = [], b"", 12
    end = 8 + int.from_bytes(photo[4:8], "little")
    if end > len(photo):
        raise BadPicture()
    for _ in range(_MOST_CHUNKS):
        if at + 8 > end:
            break
        name, length = struct.unpack_from("<4sI", photo, at)
        after = at + 8 + length + length % 2
        if name == b"EXIF":
            exif = photo[at + 8 : at + 8 + length].removeprefix(b"Exif\0\0")
        elif name in _WEBP_CHUNKS:
            chunks.append(photo[at:after])
        at = after
    else:
        raise BadPicture()
    if chunks and chunks[0][:4] == b"VP8X":
        first = chunks[0]
        chunks[0] = first[:8] + bytes([first[8] & ~_METADATA_FLAGS]) + first[9:]
    head = b"RIFF" + (4 + sum(map(len, chunks))).to_bytes(4, "little") + b"WEBP"
    return replace(about, parts=[head, *chunks], turn=_turn(exif))


def _heif(photo: bytes, about: BarePhoto) -> BarePhoto:
    image = heif.main_image(photo)
    if image is None or not heif.is_whole(photo):
        raise BadPicture()
    profile = screen_profile.of_coding(image.coding) if image.coding else None
    return replace(about, parts=[photo], profile=profile, has_premultiplied_alpha=image.has_premultiplied_alpha)


def _turn(exif: bytes) -> int:
    """The orientation in the first directory of EXIF data; 1 if it is missing or invalid."""
    order = {b"II": "<", b"MM": ">"}.get(exif[:2])
    if order is None:
        return 1
    try:
        directory = struct.unpack_from(order + "I", exif, 4)[0]
        for entry in range(struct.unpack_from(order + "H", exif, directory)[0]):
            tag, _, _, value = struct.unpack_from(order + "HHIH", exif, directory + 2 + entry * 12)
            if tag == _ORIENTATION:
                return value if 1 <= value <= 8 else 1
    except (struct.error, OverflowError):  # an offset near 4 GB overflows on a worker's 32 bits
        return 1
    return 1


_CUTTERS: dict[sniff.Format, Callable[[bytes, BarePhoto], BarePhoto]] = {
    "jpeg": _jpeg,
    "png": _png,
    "webp": _webp,
    "avif": _heif,
    "heic": _heif,
}
