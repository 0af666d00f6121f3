"""JPEG (ITU T.81) with everything that programs write beside a picture."""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Callable

from PIL import Image

from tests.corpus import exif
from tests.corpus.planted import WORDS
from tests.pictures import encoded

PLAIN, WIDE = WORDS.encode(), WORDS.encode("utf-16-be")
XMP = f'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF>{WORDS}</rdf:RDF></x:xmpmeta>'.encode()
Kind = Callable[[bytes], bytes]


def segment(marker: int, body: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, len(body) + 2) + body


def with_segments(jpeg: bytes, *segments: bytes) -> bytes:
    """Behind JFIF's own segment, where there is one: it must be the first."""
    at = 2 + (2 + int(struct.unpack_from(">H", jpeg, 4)[0]) if jpeg[2:4] == b"\xff\xe0" else 0)
    return jpeg[:at] + b"".join(segments) + jpeg[at:]


def with_exif(jpeg: bytes, orientation: int) -> bytes:
    return with_segments(jpeg, segment(0xE1, b"Exif\0\0" + exif.tiff(orientation, tiny())))


def tiny() -> bytes:
    """A thumbnail that has something to say itself."""
    return with_segments(encoded(Image.new("RGB", (32, 24), "teal"), "JPEG"), segment(0xFE, PLAIN))


def _extended_xmp(jpeg: bytes) -> bytes:
    """XMP of more than 64 KB, in pieces (XMP specification part 3, 1.1.3.1)."""
    whole = b"<x:xmpmeta>" + bytes(70_000).replace(b"\0", b" ") + PLAIN + b"</x:xmpmeta>"
    name = hashlib.md5(whole).hexdigest().upper().encode()
    pieces = [
        segment(
            0xE1,
            b"http://ns.adobe.com/xmp/extension/\0"
            + name
            + struct.pack(">II", len(whole), at)
            + whole[at : at + 60_000],
        )
        for at in range(0, len(whole), 60_000)
    ]
    main = b'<x:xmpmeta><rdf:RDF xmpNote:HasExtendedXMP="' + name + b'"/>' + PLAIN + b"</x:xmpmeta>"
    return with_segments(jpeg, segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + main), *pieces)


def _photoshop(jpeg: bytes) -> bytes:
    """IPTC records, a caption in UTF-16, and a thumbnail, as Photoshop's image resources."""
    record = b"\x1c\x02\x78" + struct.pack(">H", len(PLAIN)) + PLAIN
    resources = ((0x0404, record), (0x03F1, WIDE), (0x040C, bytes(28) + tiny()))
    body = b"".join(
        b"8BIM" + struct.pack(">HHI", number, 0, len(data)) + data + bytes(len(data) % 2) for number, data in resources
    )
    return with_segments(jpeg, segment(0xED, b"Photoshop 3.0\0" + body))


def _second_picture(jpeg: bytes) -> bytes:
    """A second picture behind the first, and the index that leads to it (CIPA DC-007)."""
    index = with_segments(jpeg, segment(0xE2, _mpf(0, 0, 0)))
    at = index.index(b"MPF\0") + 4  # offsets count from behind these letters
    second = with_segments(jpeg, segment(0xFE, PLAIN))
    return with_segments(jpeg, segment(0xE2, _mpf(len(index), len(second), len(index) - at))) + second


def _mpf(first: int, second: int, offset: int) -> bytes:
    entries = struct.pack(">IIIHH", 0x00030000, first, 0, 0, 0) + struct.pack(">IIIHH", 0, second, offset, 0, 0)
    tags = struct.pack(">HHI4s", 0xB000, 7, 4, b"0100") + struct.pack(">HHII", 0xB001, 4, 1, 2)
    tags += struct.pack(">HHII", 0xB002, 7, 32, 50)
    return b"MPF\0MM\0*" + struct.pack(">IH", 8, 3) + tags + bytes(4) + entries


def gain_map(jpeg: bytes) -> bytes:
    """A phone's HDR photo: the base picture with the index, and a small map of gains behind it (ISO 21496-1)."""
    says = (
        b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        b'<rdf:Description xmlns:hdrgm="http://ns.adobe.com/hdr-gain-map/1.0/" hdrgm:Version="1.0"'
        b' xmlns:Container="http://ns.google.com/photos/1.0/container/"'
        b' xmlns:Item="http://ns.google.com/photos/1.0/container/item/">'
        b'<Container:Directory><rdf:Seq><rdf:li rdf:parseType="Resource"><Container:Item Item:Semantic="Primary"'
        b' Item:Mime="image/jpeg"/></rdf:li><rdf:li rdf:parseType="Resource"><Container:Item'
        b' Item:Semantic="GainMap" Item:Mime="image/jpeg" Item:Length="%d"/></rdf:li></rdf:Seq>'
        b"</Container:Directory></rdf:Description></rdf:RDF></x:xmpmeta>"
    )
    own = (
        b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        b'<rdf:Description xmlns:hdrgm="http://ns.adobe.com/hdr-gain-map/1.0/" hdrgm:Version="1.0"'
        b' hdrgm:GainMapMax="2.0" hdrgm:HDRCapacityMax="2.0"/></rdf:RDF></x:xmpmeta>'
    )
    gains = encoded(Image.linear_gradient("L").resize((40, 30)), "JPEG")
    gains = with_segments(gains, segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + own), segment(0xFE, PLAIN))
    head = segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + says % len(gains))
    index = with_segments(jpeg, head, segment(0xE2, _mpf(0, 0, 0)))
    at = index.index(b"MPF\0") + 4
    return with_segments(jpeg, head, segment(0xE2, _mpf(len(index), len(gains), len(index) - at))) + gains


def _between_scans(jpeg: bytes) -> bytes:
    """A comment before the last bytes: decoders read segments there too."""
    end = jpeg.rindex(b"\xff\xd9")
    return jpeg[:end] + segment(0xFE, PLAIN) + segment(0xEB, WIDE) + jpeg[end:]


KINDS: dict[str, Kind] = {
    "xmp": lambda jpeg: with_segments(jpeg, segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + XMP)),
    "extended-xmp": _extended_xmp,
    "photoshop": _photoshop,
    "comment": lambda jpeg: with_segments(jpeg, segment(0xFE, PLAIN), segment(0xFE, WIDE)),
    "jfif-thumbnail": lambda jpeg: with_segments(jpeg, segment(0xE0, b"JFXX\0\x10" + tiny())),
    "picture-in-segment": lambda jpeg: with_segments(jpeg, segment(0xE3, b"Preview\0" + tiny())),
    "unknown-segments": lambda jpeg: with_segments(
        jpeg, *(segment(marker, b"Unknown\0" + PLAIN + WIDE) for marker in (0xE0, 0xE2, 0xE5, 0xEC, 0xEE, 0xEF))
    ),
    "between-scans": _between_scans,
    "second-picture": _second_picture,
    "gain-map": gain_map,
    "trailing": lambda jpeg: jpeg + PLAIN + WIDE + tiny(),
}
