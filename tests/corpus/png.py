"""PNG (ISO 15948) with everything that programs write beside a picture."""

from __future__ import annotations

import zlib
from collections.abc import Callable

from app.adapters.imaging.png import chunk
from tests.corpus import exif, jpeg
from tests.corpus.planted import WORDS

PLAIN, WIDE = WORDS.encode(), WORDS.encode("utf-16-be")
_HEADER_END, _END = 8 + 25, 12
Kind = Callable[[bytes], bytes]


def with_chunks(png: bytes, *chunks: bytes) -> bytes:
    """Behind the header."""
    return png[:_HEADER_END] + b"".join(chunks) + png[_HEADER_END:]


def _before_the_end(png: bytes, *chunks: bytes) -> bytes:
    return png[:-_END] + b"".join(chunks) + png[-_END:]


def with_exif(png: bytes, orientation: int) -> bytes:
    return with_chunks(png, chunk(b"eXIf", exif.tiff(orientation, jpeg.tiny())))


def _raw_profile(png: bytes) -> bytes:
    """EXIF and IPTC in hexadecimal, as ImageMagick writes it."""
    listed = PLAIN.hex()
    said = f"\niptc\n{len(PLAIN):8}\n{listed}\n".encode()
    return with_chunks(png, chunk(b"zTXt", b"Raw profile type iptc\0\0" + zlib.compress(said)))


KINDS: dict[str, Kind] = {
    "text": lambda png: with_chunks(png, chunk(b"tEXt", b"Comment\0" + PLAIN)),
    "foreign-keyword": lambda png: with_chunks(png, chunk(b"tEXt", b"A\xf1o\0" + PLAIN)),
    "packed-text": lambda png: with_chunks(png, chunk(b"zTXt", b"Description\0\0" + zlib.compress(PLAIN + WIDE))),
    "xmp": lambda png: with_chunks(png, chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + jpeg.XMP)),
    "packed-xmp": lambda png: with_chunks(
        png, chunk(b"iTXt", b"XML:com.adobe.xmp\0\1\0\0\0" + zlib.compress(jpeg.XMP))
    ),
    "raw-profile": _raw_profile,
    "late-text": lambda png: _before_the_end(
        png, chunk(b"tEXt", b"Author\0" + PLAIN), chunk(b"iTXt", b"a\0\0\0\0\0" + PLAIN)
    ),
    "private-chunks": lambda png: with_chunks(
        png, chunk(b"prVt", PLAIN), chunk(b"npOl", WIDE), chunk(b"caBX", jpeg.tiny())
    ),
    "splt-palette": lambda png: with_chunks(png, chunk(b"sPLT", PLAIN + b"\0\x08" + bytes(6))),
    "trailing": lambda png: png + PLAIN + WIDE + jpeg.tiny(),
}
