"""Pictures for tests, made when asked: every kind of photo that must work, and every kind that must not.

    good("display-p3") -> Sample(data, filename, mime)        one of GOOD_KINDS
    bad("svg")         -> Sample(data, filename, mime)        one of BAD_KINDS

Photographs come from scikit-image's wheel. All good ones show the same scene, `scene()`, upright, so that a test
knows what to expect whatever the format.
"""

from __future__ import annotations

import functools
import io
import struct
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pytest
from PIL import Image, ImageCms

from tests import icc

SIZE = (640, 480)  # of the scene, in pixels
CORNERS = ((220, 40, 40), (40, 180, 60), (40, 70, 220), (230, 200, 40))  # top left, top right, bottom left, right


@dataclass(frozen=True)
class Sample:
    data: bytes
    filename: str
    mime: str


@functools.cache
def photograph(name: str = "astronaut") -> Image.Image:
    """A real photo: astronaut, coffee, chelsea (a cat), rocket."""
    import skimage.data

    return Image.fromarray(getattr(skimage.data, name)()).convert("RGB")


@functools.cache
def scene() -> Image.Image:
    """A photo with a coloured square in each corner, which shows every turn and every cut."""
    image = photograph("coffee").resize(SIZE, Image.Resampling.LANCZOS)
    side = 96
    right, bottom = SIZE[0] - side, SIZE[1] - side
    for place, colour in zip(((0, 0), (right, 0), (0, bottom), (right, bottom)), CORNERS, strict=True):
        image.paste(colour, (*place, place[0] + side, place[1] + side))
    return image


@functools.cache
def good(kind: str) -> Sample:
    """A photo that must work; `kind` is one of GOOD_KINDS."""
    return _GOOD[kind]()


@functools.cache
def bad(kind: str) -> Sample:
    """A file that must be refused; `kind` is one of BAD_KINDS."""
    return _BAD[kind]()


def encoded(image: Image.Image, fmt: str, **options: object) -> bytes:
    out = io.BytesIO()
    image.save(out, fmt, **options)
    return out.getvalue()


def turned(orientation: int) -> Sample:
    """The scene as a camera stores it that was held in one of the eight ways of EXIF."""
    back = {
        1: None,
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }[orientation]
    stored = scene() if back is None else scene().transpose(back)
    exif = Image.Exif()
    exif[0x0112] = orientation
    return Sample(encoded(stored, "JPEG", quality=95, exif=exif), f"turned-{orientation}.jpg", "image/jpeg")


PLANTED = "Planted-GPS-51.4778N"


def talkative() -> Sample:
    """A JPEG that says more than it shows: EXIF, GPS, XMP, IPTC, a comment, bytes after the end."""
    exif = Image.Exif()
    exif[0x010E] = exif[0x013B] = PLANTED
    exif.get_ifd(0x8825)[1] = PLANTED
    xmp = f'<x:xmpmeta xmlns:x="adobe:ns:meta/">{PLANTED}</x:xmpmeta>'.encode()
    data = encoded(scene(), "JPEG", quality=95, exif=exif, xmp=xmp, comment=PLANTED.encode())
    iptc = b"Photoshop 3.0\x008BIM\x04\x04\x00\x00" + struct.pack(">I", len(PLANTED)) + PLANTED.encode()
    segment = b"\xff\xed" + struct.pack(">H", len(iptc) + 2) + iptc
    return Sample(data[:2] + segment + data[2:] + PLANTED.encode(), "talkative.jpg", "image/jpeg")


def big_jpeg(width: int = 8160, height: int = 6120) -> Sample:
    """A good photo of nearly 50 megapixels."""
    image = photograph("astronaut").resize((width, height), Image.Resampling.BILINEAR)
    return Sample(encoded(image, "JPEG", quality=85), "big.jpg", "image/jpeg")


@functools.cache
def phone_jpeg() -> Sample:
    """What a phone takes: 12 megapixels, held upright, so stored on its side."""
    image = photograph("rocket").resize((4032, 3024), Image.Resampling.LANCZOS)
    exif = Image.Exif()
    exif[0x0112] = 6
    return Sample(encoded(image, "JPEG", quality=92, subsampling=2, exif=exif), "IMG_0412.jpg", "image/jpeg")


def png_header(width: int, height: int) -> bytes:
    """A PNG of that size whose pixels are all black: some hundred kilobytes that unpack to megabytes.

    Only its first rows are compressed: what is flushed in full can be repeated, and the checksum of zeros is known.
    """
    row, many = bytes(1 + width * 3), 64
    block, rest = (_deflated(row * count) for count in (many, height % many))
    packed = b"\x78\xda" + block * (height // many) + rest + b"\x03\0"
    checksum = struct.pack(">I", (height * len(row) % 65521) << 16 | 1)
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", packed + checksum), (b"IEND", b""))
    return _png(chunks)


def _deflated(data: bytes) -> bytes:
    """What may stand between any other data that were deflated so."""
    deflate = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    return deflate.compress(data) + deflate.flush(zlib.Z_FULL_FLUSH)


def _png(chunks: Sequence[tuple[bytes, bytes]]) -> bytes:
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body)) for name, body in chunks
    )


def _simple(fmt: str, mime: str, mode: str = "RGB", **options: object) -> Callable[[], Sample]:
    return lambda: Sample(encoded(scene().convert(mode), fmt, **options), f"photo.{mime[6:]}", mime)


def _with_profile(profile: bytes, name: str) -> Sample:
    """The scene as seen through another profile: other numbers, the same colours."""
    other = ImageCms.ImageCmsProfile(io.BytesIO(profile))
    seen = ImageCms.profileToProfile(scene(), ImageCms.createProfile("sRGB"), other)
    assert seen is not None
    return Sample(encoded(seen, "JPEG", quality=95, subsampling=0, icc_profile=profile), name, "image/jpeg")


def _cmyk() -> Sample:
    """As a print shop sends it, without a profile."""
    return Sample(encoded(scene().convert("CMYK"), "JPEG", quality=95), "cmyk.jpg", "image/jpeg")


def _cmyk_with_profile() -> Sample:
    """As a print shop sends it, for its own inks."""
    data = encoded(scene().convert("CMYK"), "JPEG", quality=95, icc_profile=icc.INKS)
    return Sample(data, "cmyk-inks.jpg", "image/jpeg")


def _sixteen_bit_grey() -> Sample:
    levels = np.asarray(scene().convert("L"), np.uint16) * 257
    return Sample(encoded(Image.fromarray(levels), "PNG"), "grey.png", "image/png")


def _sixteen_bit() -> Sample:
    """RGB with 16 bits a channel, which Pillow cannot write."""
    pixels = np.asarray(scene(), np.uint16) * 257
    rows = np.concatenate(
        [np.zeros((SIZE[1], 1), np.uint8), pixels.astype(">u2").view(np.uint8).reshape(SIZE[1], -1)], 1
    )
    chunks = (
        (b"IHDR", struct.pack(">IIBBBBB", *SIZE, 16, 2, 0, 0, 0)),
        (b"IDAT", zlib.compress(rows.tobytes(), 1)),
        (b"IEND", b""),
    )
    return Sample(_png(chunks), "deep.png", "image/png")


def _transparent() -> Sample:
    """The scene, half of it fully clear: it must come out on white."""
    image = scene().convert("RGBA")
    image.paste((0, 0, 0, 0), (SIZE[0] // 2, 0, SIZE[0], SIZE[1]))
    return Sample(encoded(image, "PNG"), "logo.png", "image/png")


def _heic() -> Sample:
    pillow_heif = pytest.importorskip("pillow_heif", reason="pillow-heif, which writes HEIC, is not installed")
    pytest.importorskip("pi_heif", reason="pi-heif (extra heif), which reads HEIC, is not installed")
    out = io.BytesIO()
    pillow_heif.from_pillow(scene()).save(out, quality=95)
    return Sample(out.getvalue(), "IMG_0413.HEIC", "image/heic")


def _animated() -> Sample:
    """Two frames; the first is the scene."""
    second = Image.new("RGB", SIZE, "black")
    data = encoded(scene(), "WEBP", save_all=True, append_images=[second], duration=100, quality=95)
    return Sample(data, "moving.webp", "image/webp")


_GOOD: dict[str, Callable[[], Sample]] = {
    "jpeg": _simple("JPEG", "image/jpeg", quality=95, subsampling=0),
    "progressive": _simple("JPEG", "image/jpeg", quality=95, progressive=True),
    "grey": _simple("JPEG", "image/jpeg", "L", quality=95),
    "png": _simple("PNG", "image/png"),
    "palette": _simple("PNG", "image/png", "P"),
    "grey-16-bit": _sixteen_bit_grey,
    "16-bit": _sixteen_bit,
    "transparent": _transparent,
    "webp": _simple("WEBP", "image/webp", quality=95),
    "animated": _animated,
    "avif": _simple("AVIF", "image/avif", quality=95),
    "heic": _heic,
    "cmyk": _cmyk,
    "cmyk-profile": _cmyk_with_profile,
    "display-p3": lambda: _with_profile(icc.DISPLAY_P3, "p3.jpg"),
    "adobe-rgb": lambda: _with_profile(icc.ADOBE_RGB, "adobe.jpg"),
    "exif-turned": lambda: turned(6),
    "metadata": talkative,
}
GOOD_KINDS = tuple(_GOOD)

_EPS = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 640 480\n%%EndComments\nshowpage\n"
_SVG = b'<svg xmlns="http://www.w3.org/2000/svg" width="640" height="480"><rect width="640" height="480"/></svg>'
_PDF = b"%PDF-1.7\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"


def _cut_short() -> bytes:
    whole = good("jpeg").data
    return whole[: len(whole) * 6 // 10]


_BAD: dict[str, Callable[[], Sample]] = {
    "text": lambda: Sample(b"This is not a photo.\n" * 400, "photo.jpg", "image/jpeg"),
    "bomb": lambda: Sample(png_header(10_000, 8_000), "bomb.png", "image/png"),
    "eps": lambda: Sample(_EPS, "drawing.jpg", "image/jpeg"),
    "svg": lambda: Sample(_SVG, "drawing.png", "image/png"),
    "gif": lambda: Sample(encoded(scene(), "GIF"), "moving.gif", "image/gif"),
    "tiff": lambda: Sample(encoded(scene(), "TIFF"), "scan.tif", "image/tiff"),
    "pdf": lambda: Sample(_PDF, "photo.jpg", "image/jpeg"),
    "truncated": lambda: Sample(_cut_short(), "half.jpg", "image/jpeg"),
    "1x1": lambda: Sample(encoded(Image.new("RGB", (1, 1)), "PNG"), "dot.png", "image/png"),
    "20000x3": lambda: Sample(encoded(Image.new("RGB", (20_000, 3)), "JPEG"), "line.jpg", "image/jpeg"),
    "empty": lambda: Sample(b"", "nothing.jpg", "image/jpeg"),
    "60-mb": lambda: Sample(good("jpeg").data + bytes(60_000_000), "huge.jpg", "image/jpeg"),
}
BAD_KINDS = tuple(_BAD)
