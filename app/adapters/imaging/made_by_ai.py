"""Labels pictures as made by an image model, with IPTC's Digital Source Type in their XMP metadata.

https://cv.iptc.org/newscodes/digitalsourcetype/ defines the value; the XMP specification (part 3) defines where each
format stores it. Imaging libraries can write `XMP` themselves; these functions are for files that are already encoded.
"""

from __future__ import annotations

import struct

from app.adapters.imaging.png import SIGNATURE, chunk

XMP = (
    '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>'
    '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    '<rdf:Description rdf:about="" xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/"'
    ' Iptc4xmpExt:DigitalSourceType="http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"/>'
    '</rdf:RDF></x:xmpmeta><?xpacket end="r"?>'
).encode()
PNG_TEXT = "XML:com.adobe.xmp"
TIFF_TAG = 700

_HAS_XMP, _HAS_ALPHA = 0x04, 0x10  # flags of an extended WebP (RFC 9649, 2.7.1)


def jpeg(picture: bytes) -> bytes:
    """Add the label to a JPEG, in its own APP1 segment after the JFIF segment."""
    body = b"http://ns.adobe.com/xap/1.0/\0" + XMP
    at = 2 + (2 + int(struct.unpack_from(">H", picture, 4)[0]) if picture[2:4] == b"\xff\xe0" else 0)
    return picture[:at] + struct.pack(">BBH", 0xFF, 0xE1, len(body) + 2) + body + picture[at:]


def png(picture: bytes) -> bytes:
    """Add the label to a PNG, in an uncompressed iTXt chunk after the header."""
    at = len(SIGNATURE) + 25
    return picture[:at] + chunk(b"iTXt", PNG_TEXT.encode() + bytes(5) + XMP) + picture[at:]


def webp(picture: bytes, width: int, height: int) -> bytes:
    """Add the label to a WebP, in a chunk at the end. A simple file is converted to the extended format for it."""
    if picture[12:16] == b"VP8X":
        first, rest = picture[12:30], picture[30:]
        first = first[:8] + bytes([first[8] | _HAS_XMP]) + first[9:]
    else:
        alpha = picture[12:16] == b"VP8L" and picture[24] & 0x10
        sides = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
        first = b"VP8X" + struct.pack("<IB3x", 10, _HAS_XMP | (_HAS_ALPHA if alpha else 0)) + sides
        rest = picture[12:]
    whole = b"WEBP" + first + rest + b"XMP " + struct.pack("<I", len(XMP)) + XMP + bytes(len(XMP) % 2)
    return b"RIFF" + struct.pack("<I", len(whole)) + whole
