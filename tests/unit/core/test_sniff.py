"""The header reader: what a file is, by its first bytes."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.core.errors import AppError, BadPicture, UnsupportedMedia
from app.core.sniff import HEAD_BYTES, Header, check, sniff
from tests import pictures, soak

FORMATS = {"image/jpeg": "jpeg", "image/png": "png", "image/webp": "webp", "image/avif": "avif", "image/heic": "heic"}
REFUSED = {
    "text": ("unsupported_format", 415),
    "eps": ("unsupported_format", 415),
    "svg": ("unsupported_format", 415),
    "gif": ("unsupported_format", 415),
    "tiff": ("unsupported_format", 415),
    "pdf": ("unsupported_format", 415),
    "bomb": ("too_many_pixels", 422),
    "20000x3": ("too_many_pixels", 422),
    "1x1": ("too_small", 422),
    "empty": ("damaged", 422),
}
SEEDS = ("jpeg", "png", "webp", "avif", "heic")


def jpeg_with(segments: bytes) -> bytes:
    whole = pictures.good("jpeg").data
    return whole[:2] + segments + whole[2:]


def app1(size: int) -> bytes:
    """Segments of padding, together about `size` bytes, as extended XMP has them."""
    return (b"\xff\xe1" + struct.pack(">H", 0xFFFF) + bytes(0xFFFD)) * (size // 0xFFFF + 1)


@pytest.mark.parametrize("kind", pictures.GOOD_KINDS)
def test_a_good_photo_tells_its_format_and_size(kind: str) -> None:
    sample = pictures.good(kind)
    header = sniff(sample.data[:HEAD_BYTES])
    stored = (480, 640) if kind == "exif-turned" else pictures.SIZE
    assert header == Header(FORMATS[sample.mime], sample.mime, stored)  # type: ignore[arg-type]
    check(header)


@pytest.mark.parametrize("lossless", [True, False])
@pytest.mark.parametrize("extended", [True, False])
def test_every_kind_of_webp_tells_its_size(lossless: bool, extended: bool) -> None:
    options = {"exif": b"Exif\0\0"} if extended else {}
    data = pictures.encoded(pictures.scene().resize((333, 77)), "WEBP", lossless=lossless, **options)
    assert sniff(data).size == (333, 77)


@pytest.mark.parametrize("kind", REFUSED)
def test_a_bad_file_is_refused_by_its_header_alone(kind: str) -> None:
    with pytest.raises(AppError) as refusal:
        check(sniff(pictures.bad(kind).data[:HEAD_BYTES]))
    assert (refusal.value.code, refusal.value.status) == REFUSED[kind]
    assert refusal.value.message.endswith(".")


@pytest.mark.parametrize("kind", SEEDS)
def test_a_header_that_is_cut_off_is_damaged(kind: str) -> None:
    with pytest.raises(BadPicture) as refusal:
        sniff(pictures.good(kind).data[:20])
    assert refusal.value.code == "damaged"


def test_fill_bytes_between_jpeg_segments_are_skipped() -> None:
    assert sniff(jpeg_with(b"\xff\xff\xff")).size == pictures.SIZE


def test_a_jpeg_whose_size_lies_beyond_the_head_is_left_to_the_decoder() -> None:
    head = jpeg_with(app1(HEAD_BYTES))[:HEAD_BYTES]
    header = sniff(head)
    assert header.size is None
    check(header)


def test_a_whole_jpeg_without_a_size_is_damaged() -> None:
    with pytest.raises(BadPicture):
        sniff(b"\xff\xd8" + app1(100_000))


@pytest.mark.parametrize(("at", "value"), [(1, 0xC9), (1, 0xC3), (4, 12)], ids=["arithmetic", "lossless", "12-bit"])
def test_a_jpeg_that_browsers_cannot_read_either_is_refused_with_what_to_do(at: int, value: int) -> None:
    photo = bytearray(pictures.good("jpeg").data)
    photo[photo.index(b"\xff\xc0") + at] = value
    with pytest.raises(BadPicture, match="Save the photo as") as refusal:
        sniff(bytes(photo))
    assert refusal.value.code == "unsupported_format"


@pytest.mark.parametrize("size", [(12_001, 4_000), (8_000, 8_000), (63, 64), (64, 63), (100, 801), (801, 100)])
def test_sizes_beyond_the_limits_are_refused(size: tuple[int, int]) -> None:
    with pytest.raises(BadPicture) as refusal:
        check(Header("png", "image/png", size))
    assert str(size[0]) in refusal.value.message


@pytest.mark.parametrize("size", [(12_000, 4_000), (64, 64), (100, 800), (8_160, 6_120)])
def test_sizes_within_the_limits_are_accepted(size: tuple[int, int]) -> None:
    check(Header("png", "image/png", size))


@settings(max_examples=soak.size(400, 120), deadline=None)
@given(
    kind=st.sampled_from(SEEDS),
    edits=st.lists(st.tuples(st.integers(0, 700), st.integers(0, 255)), max_size=12),
    length=st.integers(0, 3_000),
)
def test_damaged_headers_never_raise_anything_but_a_refusal(
    kind: str, edits: list[tuple[int, int]], length: int
) -> None:
    data = bytearray(pictures.good(kind).data[:length])
    for at, value in edits:
        if at < len(data):
            data[at] = value
    outcome = "accepted"
    try:
        check(sniff(bytes(data)))
    except (BadPicture, UnsupportedMedia) as refusal:
        outcome = refusal.code
    assert outcome in {"accepted", "damaged", "unsupported_format", "too_small", "too_many_pixels"}


@given(st.binary(max_size=2_000))
def test_noise_is_never_taken_for_a_photo(noise: bytes) -> None:
    with pytest.raises(AppError):
        check(sniff(noise))
