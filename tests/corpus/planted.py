"""Words planted in photos, and whether a file still holds them: plain, in other encodings, packed, or in a field."""

from __future__ import annotations

import io
import re
import zlib
from collections.abc import Iterator

from PIL import Image

WORDS = "Planted-GPS-51.4778N"
_NEEDLES = {
    "ASCII": WORDS.encode(),
    "UTF-16 little end first": WORDS.encode("utf-16-le"),
    "UTF-16 big end first": WORDS.encode("utf-16-be"),
    "hexadecimal": WORDS.encode().hex().encode(),
}
_ZLIB = re.compile(rb"\x78[\x01\x5e\x9c\xda]")  # how a zlib stream with a 32 KB window begins (RFC 1950)
_MOST_UNPACKED = 1 << 22


def written(data: bytes) -> list[str]:
    """Where the words are in a file's bytes, and in what is packed there; empty when they are not."""
    found = _found("the file", data)
    for number, unpacked in enumerate(_unpacked(data)):
        found += _found(f"zlib stream {number}", unpacked)
    return found


def traces(data: bytes) -> list[str]:
    """As `written`, for a picture: also in the fields that imaging libraries read out of it."""
    found = written(data)
    for field, value in [*_pillow_fields(data), *_vips_fields(data)]:
        found += _found(field, value)
    return found


def _found(place: str, data: bytes) -> list[str]:
    return [f"{place}, {way}" for way, needle in _NEEDLES.items() if needle in data]


def _unpacked(data: bytes) -> Iterator[bytes]:
    for start in _ZLIB.finditer(data):
        try:
            yield zlib.decompressobj().decompress(data[start.start() :], _MOST_UNPACKED)
        except zlib.error:
            continue


def _pillow_fields(data: bytes) -> Iterator[tuple[str, bytes]]:
    with Image.open(io.BytesIO(data)) as image:
        image.load()
        fields = {**image.info, **{f"exif {tag}": value for tag, value in image.getexif().items()}}
        for directory in (0x8769, 0x8825, 1):  # EXIF's own, GPS, the thumbnail's
            fields |= {f"exif {directory:#x} {tag}": value for tag, value in image.getexif().get_ifd(directory).items()}
    for name, value in fields.items():
        yield f"Pillow's {name}", value if isinstance(value, bytes) else str(value).encode()


def _vips_fields(data: bytes) -> Iterator[tuple[str, bytes]]:
    import pyvips

    if data.startswith((b"II", b"MM")):  # the app has blocked this library's reader of TIFF
        return
    image = pyvips.Image.new_from_buffer(data, "")
    for name in image.get_fields():
        value = image.get(name)
        yield f"libvips' {name}", value if isinstance(value, bytes) else str(value).encode()
