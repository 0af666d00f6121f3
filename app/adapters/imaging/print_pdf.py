"""Writes a PDF with one page that is filled by one picture, as print shops require it (ISO 32000-1).

The media box and bleed box cover the whole page, and the trim box is where the paper is cut (14.11.2). The picture is
an embedded JPEG (7.4.8) in the colours of its ICC profile (8.6.5.5), which is also the output intent. No date is
written, so the same picture always gives the same file.
"""

from __future__ import annotations

import hashlib
import zlib
from dataclasses import dataclass

from app.adapters.imaging.colour_profile import Space
from app.core.pictures import PrintSpec

_POINTS_PER_INCH = 72
_DEVICE = {"RGB": "DeviceRGB", "CMYK": "DeviceCMYK"}
# CMYK JPEGs contain inverted values, following Adobe's convention.
_DECODE = {"RGB": "", "CMYK": " /Decode [1 0 1 0 1 0 1 0]"}


@dataclass(frozen=True)
class Page:
    """The content of the page: a JPEG of `spec.full_size` pixels, its colour profile, and optional XMP metadata."""

    jpeg: bytes
    spec: PrintSpec
    profile: bytes
    space: Space
    xmp: bytes | None = None


def pdf(page: Page) -> bytes:
    """Write the PDF file."""
    words = " /Metadata 7 0 R" if page.xmp else ""
    objects = [
        f"<< /Type /Catalog /Pages 2 0 R /OutputIntents [{_intent()}]{words} >>".encode(),
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        _page(page.spec),
        _stream("", _content(page.spec)),
        _image(page),
        _stream(_icc(page.space), zlib.compress(page.profile, 9)),
    ]
    if page.xmp:
        objects.append(_stream("/Type /Metadata /Subtype /XML", page.xmp))
    return _file(objects)


def _page(spec: PrintSpec) -> bytes:
    whole, trim = _box(spec, 0), _box(spec, spec.bleed)
    boxes = f"/MediaBox {whole} /CropBox {whole} /BleedBox {whole} /TrimBox {trim}"
    return f"<< /Type /Page /Parent 2 0 R {boxes} /Resources << /XObject << /P 5 0 R >> >> /Contents 4 0 R >>".encode()


def _box(spec: PrintSpec, inset: int) -> str:
    """Left, bottom, right and top in points, `inset` pixels inside the page's edges."""
    width, height = spec.full_size
    sides = (inset, inset, width - inset, height - inset)
    return "[" + " ".join(_points(side, spec.dpi) for side in sides) + "]"


def _content(spec: PrintSpec) -> bytes:
    width, height = (_points(side, spec.dpi) for side in spec.full_size)
    return f"q {width} 0 0 {height} 0 0 cm /P Do Q".encode()


def _points(pixels: int, dpi: int) -> str:
    return f"{pixels * _POINTS_PER_INCH / dpi:.4f}".rstrip("0").rstrip(".")


def _image(page: Page) -> bytes:
    width, height = page.spec.full_size
    about = f"/Type /XObject /Subtype /Image /Width {width} /Height {height} /BitsPerComponent 8"
    colours = f"/ColorSpace [/ICCBased 6 0 R]{_DECODE[page.space]}"
    return _stream(f"{about} {colours} /Filter /DCTDecode", page.jpeg)


def _icc(space: Space) -> str:
    return f"/N {len(space)} /Alternate /{_DEVICE[space]} /Filter /FlateDecode"


def _intent() -> str:
    return "<< /Type /OutputIntent /S /GTS_PDFX /OutputConditionIdentifier (Custom) /DestOutputProfile 6 0 R >>"


def _stream(about: str, data: bytes) -> bytes:
    return f"<< {about} /Length {len(data)} >>\nstream\n".encode() + data + b"\nendstream"


def _file(objects: list[bytes]) -> bytes:
    """Serialize the objects, numbered from 1, followed by the cross-reference table and trailer (7.5)."""
    parts, at, starts = [b"%PDF-1.6\n%\xe2\xe3\xcf\xd3\n"], 0, []
    for number, body in enumerate(objects, 1):
        at += len(parts[-1])
        starts.append(at)
        parts.append(b"%d 0 obj\n%b\nendobj\n" % (number, body))
    at += len(parts[-1])
    rows = b"".join(b"%010d 00000 n \n" % start for start in starts)
    name = hashlib.sha256(b"".join(parts)).hexdigest()[:32].encode()
    parts.append(b"xref\n0 %d\n0000000000 65535 f \n%b" % (len(objects) + 1, rows))
    parts.append(b"trailer\n<< /Size %d /Root 1 0 R /ID [<%b> <%b>] >>\n" % (len(objects) + 1, name, name))
    parts.append(b"startxref\n%d\n%%%%EOF\n" % at)
    return b"".join(parts)
