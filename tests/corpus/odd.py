"""Good photos in an odd shape, which browsers show, and photos that lack pixels, which look much like them.

ODD["jpeg stray zeros"]()          the bytes of a photo that shows talkative.small()
LACKING["jpeg cut off"]()          the bytes of one that does not
"""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Callable, Iterator
from functools import cache, partial
from itertools import pairwise

from app.adapters.imaging.png import SIGNATURE, chunk
from app.core import jpeg as jpeg_format
from tests.corpus import exif, jpeg
from tests.corpus.heif import BRANDS, box, coded, written
from tests.corpus.planted import WORDS
from tests.corpus.talkative import TURN, small
from tests.pictures import encoded

Odd = Callable[[bytes], bytes]
_END = b"\xff\xd9"
_SOS = re.compile(rb"\xff\xda(..)", re.DOTALL)


def plain_jpeg(**options: object) -> bytes:
    return encoded(small(), "JPEG", **{"quality": 95, "subsampling": 0} | options)


def _parts(photo: bytes) -> list[bytes]:
    """A JPEG's segments up to the first scan; the last part begins with that scan."""
    starts = [2, *(each.end for each in jpeg_format.segments(photo))]
    cuts = [0, *starts[:-1], len(photo)]
    return [photo[a:b] for a, b in pairwise(cuts)]


def between_segments(photo: bytes, stray: bytes) -> bytes:
    """Stray bytes in front of every segment but the first, which readers know a JPEG by."""
    first, *others = _parts(photo)
    return first + others[0] + b"".join(stray + each for each in others[1:])


def _before_frame(photo: bytes, stray: bytes) -> bytes:
    at = re.search(rb"\xff[\xc0-\xc2]\0\x11\x08", photo).start()  # type: ignore[union-attr]
    return photo[:at] + stray + photo[at:]


def _odd_scan_header(photo: bytes) -> bytes:
    """As some Samsung phones write it: numbers where a baseline scan has 0, 63, 0."""
    at = _SOS.search(photo).start()  # type: ignore[union-attr]
    end = at + 2 + int.from_bytes(photo[at + 2 : at + 4], "big")
    return photo[: end - 3] + b"\0\0\0" + photo[end:]


def _with_thumbnail(photo: bytes) -> bytes:
    """The thumbnail in EXIF has a size of its own, in front of the photo's."""
    return jpeg.with_segments(photo, jpeg.segment(0xE1, b"Exif\0\0" + exif.tiff(1, jpeg.tiny())))


def _no_end(photo: bytes) -> bytes:
    assert photo.endswith(_END)
    return photo[:-2]


def _last_scan_gone(photo: bytes) -> bytes:
    return photo[: list(_SOS.finditer(photo))[-1].start()]


def _at_restart(photo: bytes) -> bytes:
    """Cut exactly where an interval ends."""
    return photo[: list(re.finditer(rb"\xff[\xd0-\xd7]", photo))[-3].start()]


_JPEG: dict[str, Odd] = {
    "stray zeros": lambda photo: between_segments(photo, bytes(7)),
    "stray newlines": lambda photo: between_segments(photo, b"\n" * 7),
    "stray text": lambda photo: between_segments(photo, b"<!-- a server's words -->"),
    "stray stuffed bytes": lambda photo: between_segments(photo, b"\xff\0\xff\0\1"),
    "stray restart markers": lambda photo: between_segments(photo, b"\xff\xd3\xff\1"),
    "fill bytes": lambda photo: between_segments(photo, b"\xff" * 9),
    "garbage before the frame": lambda photo: _before_frame(photo, bytes(range(1, 250))),
    "empty segment": lambda photo: _before_frame(photo, b"\xff\xe5\0\2"),
    "segment of length 0": lambda photo: _before_frame(photo, b"\xff\xe5\0\0"),
    "segment of length 1": lambda photo: _before_frame(photo, b"\xff\xe5\0\1\0"),
    "segment longer than it says": lambda photo: _before_frame(photo, b"\xff\xec\0\6abcdefghijk"),
    "unknown segments": lambda photo: _before_frame(photo, jpeg.segment(0xEF, b"what") + jpeg.segment(0xFE, b"")),
    "thumbnail's frame first": _with_thumbnail,
    "stray bytes before the end": lambda photo: photo[:-2] + b"\x21\x22\x23\x24" + photo[-2:],
    "zeros before the end": lambda photo: photo[:-2] + bytes(600) + photo[-2:],
    "trailing": lambda photo: photo + WORDS.encode() + jpeg.tiny(),
    "trailing zeros": lambda photo: photo + bytes(4096),
}
_NO_END: dict[str, Odd] = {
    "no end": _no_end,
    "half an end": lambda photo: photo[:-1],
    "no end but zeros": lambda photo: _no_end(photo) + bytes(3000),
}
_WITHOUT: dict[str, Odd] = {
    "cut off": lambda photo: photo[: len(photo) // 2],
    "cut off in the last row": lambda photo: photo[:-120],
    "cut off and filled with zeros": lambda photo: photo[: len(photo) // 2] + bytes(len(photo)),
    "cut off in the header": lambda photo: photo[:200],
}


def _with(png: bytes, *chunks: bytes) -> bytes:
    return png[: 8 + 25] + b"".join(chunks) + png[8 + 25 :]


def wrong(whole: bytes) -> bytes:
    """A chunk whose checksum is not right."""
    return whole[:-1] + bytes([whole[-1] ^ 0x55])


def _in_pieces(png: bytes, *between: bytes) -> bytes:
    """Its pixels in small chunks, with others in between."""
    before, body, _ = _pixels(png)
    pieces = [chunk(b"IDAT", body[at : at + 9000]) for at in range(0, len(body), 9000)]
    return before + b"".join(piece + b"".join(between) for piece in pieces) + chunk(b"IEND", b"")


def _pixels(png: bytes) -> tuple[bytes, bytes, bytes]:
    """What is in front of the pixels, the packed pixels, and what is behind them."""
    at, before, body, after = len(SIGNATURE), SIGNATURE, b"", b""
    while at < len(png):
        length, name = struct.unpack_from(">I4s", png, at)
        whole = png[at : at + 12 + length]
        if name == b"IDAT":
            body += whole[8:-4]
        elif body:
            after += whole
        else:
            before += whole
        at += 12 + length
    return before, body, after


_WORDY = {
    "tEXt": b"Comment\0hello",
    "zTXt": b"Comment\0\0" + zlib.compress(b"hello"),
    "iTXt": b"XML:com.adobe.xmp\0\0\0\0\0<x/>",
    "eXIf": exif.tiff(TURN),
    "gAMA": struct.pack(">I", 100_000),
    "cHRM": struct.pack(">8I", 31270, 32900, 68000, 32000, 26500, 69000, 15000, 6000),
    "sRGB": b"\0",
    "iCCP": b"icc\0\0" + zlib.compress(bytes(300)),
    "cICP": b"\x0c\x0d\0\1",
    "tRNS": bytes(6),
    "bKGD": bytes(6),
    "sBIT": b"\5\5\5",
    "pHYs": struct.pack(">IIB", 2835, 2835, 1),
    "tIME": struct.pack(">H5B", 2026, 1, 1, 1, 1, 1),
    "hIST": bytes(2),
    "acTL": struct.pack(">II", 2, 0),
    "prVt": b"private",
}


def _png_kinds() -> Iterator[tuple[str, Odd]]:
    for name, body in _WORDY.items():
        code = name.encode()
        yield f"{name} of a wrong checksum", partial(lambda png, each: _with(png, each), each=wrong(chunk(code, body)))
        yield f"{name} of no length", partial(lambda png, each: _with(png, each), each=chunk(code, b""))
    broken = {
        "zTXt": b"Comment\0\0\x78\x9cnot packed",
        "iTXt": b"XML:com.adobe.xmp\0\1\0\0\0\x78\x9cnot packed",
        "iCCP": b"icc\0\0\x78\x9cnot packed",
        "eXIf": b"II*\0\xff\xff\xff\xff",
        "tEXt": b"no zero at the end",
    }
    for name, body in broken.items():
        yield f"{name} of broken content", partial(lambda png, each: _with(png, each), each=chunk(name.encode(), body))


_PNG: dict[str, Odd] = {
    **dict(_png_kinds()),
    "pixels in pieces": _in_pieces,
    "empty pixels in between": lambda png: _in_pieces(png, chunk(b"IDAT", b"")),
    "wrong checksum behind the pixels": lambda png: png[:-12] + wrong(chunk(b"tEXt", b"a\0b")) + png[-12:],
    "no end": lambda png: png[:-12],
    "half an end": lambda png: png[:-5],
    "end of a wrong checksum": lambda png: png[:-1] + b"\0",
    "trailing": lambda png: png + bytes(999),
}


def _wrong_pixels(png: bytes) -> bytes:
    before, body, after = _pixels(png)
    return before + wrong(chunk(b"IDAT", body)) + after


_PNG_WITHOUT: dict[str, Odd] = {
    "pixels of a wrong checksum": _wrong_pixels,
    "header of a wrong checksum": lambda png: png[:32] + bytes([png[32] ^ 1]) + png[33:],
    "cut off": lambda png: png[: len(png) // 2],
    "cut off between pixels": lambda png: _in_pieces(png)[: 8 + 25 + 2 * 9012],
    "cut off in the header": lambda png: png[:30],
}


def _long_box(photo: bytes) -> bytes:
    """The pixels in a box whose length takes 64 bits; they are 8 bytes further on than the file says, so they are
    there twice, and the box in front says what it skips."""
    return photo + struct.pack(">I4sQ", 1, b"mdat", 16 + 5) + b"again"


_HEIF: dict[str, Odd] = {
    "trailing zeros": lambda photo: photo + bytes(700),
    "trailing words": lambda photo: photo + WORDS.encode() * 9,
    "trailing JPEG": lambda photo: photo + jpeg.tiny(),
    "long box": _long_box,
    "unknown box cut off": lambda photo: photo + struct.pack(">I", 9999) + b"mpvd" + bytes(20),
    "last box to the end": lambda photo: re.sub(rb"....mdat", b"\0\0\0\0mdat", photo, count=1, flags=re.DOTALL),
    "free boxes": lambda photo: photo + box(b"free", b"") * 50,
}
_WEBP: dict[str, Odd] = {
    "trailing": lambda photo: photo + bytes(33),
}


def _heif(kind: bytes) -> bytes:
    return written([coded(small(), kind)], BRANDS[kind])


def _made(odd: Odd, of: str) -> bytes:
    return odd(_plain(of))


@cache
def _plain(of: str) -> bytes:
    """Encoded once for all that is odd about it."""
    return _PLAIN[of]()


_PROGRESSIVE, _RESTARTS = partial(plain_jpeg, progressive=True), partial(plain_jpeg, restart_marker_rows=1)
_PLAIN: dict[str, Callable[[], bytes]] = {
    "jpeg": plain_jpeg,
    "progressive": _PROGRESSIVE,
    "restarts": _RESTARTS,
    "png": lambda: encoded(small(), "PNG"),
    "webp": lambda: encoded(small(), "WEBP", quality=95),
    "heic": partial(_heif, b"hvc1"),
    "avif": partial(_heif, b"av01"),
}
_KINDS: dict[str, dict[str, Odd]] = {
    "jpeg": _JPEG | _NO_END | {"odd scan header": _odd_scan_header},
    "progressive": _JPEG | _NO_END,
    "restarts": _NO_END,
    "png": _PNG,
    "webp": _WEBP,
    "heic": _HEIF,
    "avif": _HEIF,
}
ODD = {f"{of} {name}": partial(_made, odd, of) for of, kinds in _KINDS.items() for name, odd in kinds.items()}
ENDLESS = {name for name in ODD if name.partition(" ")[2] in _NO_END and not name.startswith("png")}
"""JPEGs without an end marker."""
_LACKING: dict[str, dict[str, Odd]] = {
    "jpeg": _WITHOUT,
    "progressive": _WITHOUT | {"last scan gone": _last_scan_gone},
    "restarts": _WITHOUT | {"cut off at a restart": _at_restart},
    "png": _PNG_WITHOUT,
}
LACKING = {f"{of} {name}": partial(_made, odd, of) for of, kinds in _LACKING.items() for name, odd in kinds.items()}
