"""Photos put together in random ways: what Pillow and libvips read as they are, the app reads too."""

from __future__ import annotations

import asyncio
import functools
import io
from collections.abc import Callable, Sequence
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st
from PIL import Image

from app.adapters.imaging.decode_errors import DAMAGE
from app.adapters.imaging.png import SIGNATURE, chunk
from app.adapters.imaging.vips_photo import library
from app.core import jpeg as jpeg_format
from app.core.errors import BadPicture, UnsupportedMedia
from app.core.pictures import Picture
from tests import soak
from tests.contract.imagings import IMAGINGS, IN_THIS_PROCESS
from tests.contract.test_imaging_corpus import away
from tests.corpus import jpeg, webp
from tests.corpus.heif import BRANDS, Extras, Item, box, coded, full, written
from tests.corpus.odd import wrong
from tests.corpus.talkative import small
from tests.pictures import encoded

SIZE = (96, 72)
FAR = 4  # of 255, from what the format itself loses
SLOW = settings(max_examples=soak.size(60, 25), deadline=None, suppress_health_check=list(HealthCheck))
Bytes = st.binary(max_size=40)


@functools.cache
def shown() -> Image.Image:
    return small().resize(SIZE, Image.Resampling.LANCZOS)


def _pieces(photo: bytes) -> list[bytes]:
    """A JPEG's start, its segments, and the rest from the first scan on."""
    ends = [0, 2, *(each.end for each in jpeg_format.segments(photo))]
    ends[-1] = len(photo)
    return [photo[a:b] for a, b in pairwise(ends)]


@functools.cache
def _jpegs() -> list[list[bytes]]:
    ways: list[dict[str, object]] = [{}, {"progressive": True}, {"restart_marker_rows": 1}, {"subsampling": 2}]
    return [_pieces(encoded(shown(), "JPEG", **{"quality": 95, "subsampling": 0} | way)) for way in ways]


@st.composite
def jpegs(draw: st.DrawFn) -> bytes:
    """Segments in another order, unknown ones among them, stray bytes between them, an end or none, and a rest."""
    start, *tables, scans = draw(st.sampled_from(range(4)).map(lambda at: _jpegs()[at]))
    tables = draw(st.permutations(tables)) if draw(st.booleans()) else list(tables)
    unknown = st.builds(jpeg.segment, st.sampled_from([*range(0xE1, 0xF0), 0xFE]), Bytes)
    short = st.builds(
        lambda marker, length: bytes([0xFF, marker, 0, length]), st.integers(0xE0, 0xEF), st.integers(0, 2)
    )
    fill = st.integers(1, 20).map(lambda count: b"\xff" * count)
    stray = st.one_of(Bytes, unknown, short, fill, st.just(b"\xff\0\xff\0"), st.just(b"\xff\xd0"))
    for _ in range(draw(st.integers(0, 3))):
        tables.insert(draw(st.integers(0, len(tables))), draw(stray))
    rest = draw(st.one_of(st.just(b""), Bytes, st.just(bytes(500)), st.just(jpeg.tiny())))
    scans = draw(st.sampled_from([scans, scans[:-2], scans[:-1]]))
    return b"".join([start, *tables, scans, rest])


@functools.cache
def _png() -> bytes:
    return encoded(shown(), "PNG")


@st.composite
def pngs(draw: st.DrawFn) -> bytes:
    """Unknown and damaged chunks anywhere, pixels in pieces of any length, an end or none, and a rest."""
    plain = _png()
    header, packed = plain[8:33], plain[plain.index(b"IDAT") + 4 : -16]
    letters = st.sampled_from([b"a", b"q", b"Q", b"x", b"X"])
    unknown = st.builds(lambda a, b, c, body: chunk(b"q" + a + b.upper() + c, body), letters, letters, letters, Bytes)
    known = st.sampled_from([b"tEXt", b"zTXt", b"iTXt", b"eXIf", b"pHYs", b"tIME", b"sBIT", b"hIST", b"bKGD", b"sPLT"])
    of_no_use = st.builds(chunk, known, Bytes)
    damaged = st.builds(lambda name, body: wrong(chunk(name, body)), known | st.sampled_from([b"gAMA", b"tRNS"]), Bytes)
    others = st.lists(st.one_of(unknown, of_no_use, damaged), max_size=3)
    cuts = sorted(draw(st.lists(st.integers(0, len(packed)), max_size=4)))
    pixels = [chunk(b"IDAT", packed[a:b]) for a, b in pairwise([0, *cuts, len(packed)])]
    end = draw(st.sampled_from([chunk(b"IEND", b""), b"", b"\0\0\0\0IE"]))
    return b"".join([SIGNATURE, header, *draw(others), *pixels, *draw(others), end, draw(Bytes) if end else b""])


@functools.cache
def _webp() -> bytes:
    return encoded(shown(), "WEBP", quality=95)


@st.composite
def webps(draw: st.DrawFn) -> bytes:
    names = st.text("ABCDEFXYZ", min_size=4, max_size=4)
    others = draw(st.lists(st.builds(lambda name, body: webp.chunk(name.encode(), body), names, Bytes), max_size=3))
    return webp.with_chunks(_webp(), *others) + draw(Bytes)


@functools.cache
def _item(kind: bytes) -> Item:
    return coded(shown(), kind, 75)


@st.composite
def heifs(draw: st.DrawFn, kind: bytes) -> bytes:
    """Unknown boxes on every level, unknown properties and items, and a rest."""
    names = st.sampled_from([b"free", b"skip", b"abcd", b"mpvd"])
    boxes = st.lists(st.builds(box, names, Bytes), max_size=3).map(b"".join)
    properties = draw(st.lists(st.builds(full, st.sampled_from([b"udes", b"zzzz"]), Bytes), max_size=2))
    shown_item = Item(kind, _item(kind).data, [*_item(kind).properties, *properties], name=b"x")
    others = draw(st.lists(st.builds(lambda body: Item(b"mime", body, mime=b"text/plain"), Bytes), max_size=2))
    extras = Extras(in_meta=draw(boxes), before=draw(boxes), behind=draw(boxes))
    return written([shown_item, *others], BRANDS[kind], extras=extras) + draw(st.one_of(st.just(b""), Bytes))


def pillow_reads(photo: bytes) -> bool:
    try:
        with Image.open(io.BytesIO(photo), formats=("JPEG", "PNG", "WEBP", "AVIF")) as image:
            return _is_shown(image.convert("RGB"))
    except DAMAGE:
        return False


def vips_reads(photo: bytes) -> bool:
    vips = library()
    try:
        image = vips.Image.new_from_buffer(photo, "", fail_on="error")
        pixels = image.colourspace("srgb")[0:3].cast("uchar").write_to_memory()
    except vips.Error:
        return False
    return (image.width, image.height) == SIZE and _is_shown(Image.frombytes("RGB", SIZE, pixels))


def heif_reads(photo: bytes) -> bool:
    import pi_heif

    try:
        return _is_shown(pi_heif.open_heif(photo).to_pillow())
    except DAMAGE:
        return False


def _is_shown(image: Image.Image) -> bool:
    return image.size == SIZE and away(Picture(encoded(image, "PNG"), "image/png", *SIZE), shown()) <= FAR


def developed(photo: bytes, adapter: str) -> Picture | None:
    """None for a photo that is refused; any other error is a fault."""
    try:
        return asyncio.run(IMAGINGS[adapter]().develop(photo, crop=None, width=SIZE[0], height=SIZE[1]))
    except (BadPicture, UnsupportedMedia):
        return None


def check(photo: bytes, readers: Sequence[Callable[[bytes], bool]]) -> None:
    """Either adapter refuses, or shows the picture; where every reader reads the file as it is, it may not refuse."""
    made = [developed(photo, adapter) for adapter in IN_THIS_PROCESS]
    is_good = all(reads(photo) for reads in readers)
    event("read by libraries as it is" if is_good else "refused by a library")
    assert not is_good or all(made)
    assert all(away(each, shown()) <= FAR for each in made if each and is_good)


@SLOW
@given(jpegs())
def test_a_jpeg_that_the_libraries_read_is_read_whatever_stands_between_its_segments(photo: bytes) -> None:
    IMAGINGS["vips"]()  # skips where it is not installed
    check(photo, [pillow_reads, vips_reads])


@SLOW
@given(pngs())
def test_a_png_that_one_library_reads_is_read_whatever_its_other_chunks_are(photo: bytes) -> None:
    """libpng is the more tolerant one: what it reads must pass."""
    IMAGINGS["vips"]()
    check(photo, [vips_reads])


@SLOW
@given(webps())
def test_a_webp_with_unknown_chunks_is_read(photo: bytes) -> None:
    check(photo, [pillow_reads])


@SLOW
@given(heifs(b"av01"))
def test_an_avif_with_unknown_boxes_is_read(photo: bytes) -> None:
    check(photo, [pillow_reads])


@SLOW
@given(heifs(b"hvc1"))
def test_a_heic_with_unknown_boxes_is_read(photo: bytes) -> None:
    pytest.importorskip("pi_heif", reason="pi-heif (extra heif), which reads HEIC, is not installed")
    check(photo, [heif_reads])
