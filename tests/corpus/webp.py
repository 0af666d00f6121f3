"""WebP (RFC 9649) with everything that programs write beside a picture."""

from __future__ import annotations

import struct
from collections.abc import Callable

from tests.corpus import exif, jpeg
from tests.corpus.planted import WORDS

PLAIN, WIDE = WORDS.encode(), WORDS.encode("utf-16-be")
_EXIF, _XMP = 0x08, 0x04
Kind = Callable[[bytes], bytes]


def chunk(name: bytes, body: bytes) -> bytes:
    return name + struct.pack("<I", len(body)) + body + bytes(len(body) % 2)


def with_chunks(webp: bytes, *chunks: bytes, says: int = 0) -> bytes:
    """Behind the picture; the header's flags become those of an extended file."""
    rest = webp[12:]
    if rest[:4] != b"VP8X":
        width, height = (int(each) & 0x3FFF for each in struct.unpack_from("<HH", webp, 26))
        sides = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
        rest = chunk(b"VP8X", bytes(4) + sides) + rest
    rest = rest[:8] + bytes([rest[8] | says]) + rest[9:]
    return _riff(rest + b"".join(chunks))


def _riff(body: bytes) -> bytes:
    return b"RIFF" + struct.pack("<I", len(body) + 4) + b"WEBP" + body


def with_exif(webp: bytes, orientation: int) -> bytes:
    return with_chunks(webp, chunk(b"EXIF", exif.tiff(orientation, jpeg.tiny())), says=_EXIF)


KINDS: dict[str, Kind] = {
    "xmp": lambda webp: with_chunks(webp, chunk(b"XMP ", jpeg.XMP), says=_XMP),
    "unknown-chunks": lambda webp: with_chunks(webp, chunk(b"LIST", b"INFO" + PLAIN), chunk(b"what", WIDE)),
    "trailing": lambda webp: webp + PLAIN + WIDE + jpeg.tiny(),
}
