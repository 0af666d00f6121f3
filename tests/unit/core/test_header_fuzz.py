"""Headers under fire: thousands of damaged files, and files made to keep a reader busy. Only refusals, and soon."""

from __future__ import annotations

import os
import struct
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from random import Random
from types import FrameType

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.adapters.imaging.metadata_stripper import bare
from app.core import heif
from app.core.errors import BadPicture, UnsupportedMedia
from app.core.sniff import HEAD_BYTES, check, sniff
from tests import soak
from tests.corpus.mutations import mutated
from tests.corpus.talkative import talkative

FILES, SECONDS = 3_000, float(os.environ.get("FUZZ_SECONDS", "0"))
MOST_SECONDS = 0.5  # of processor time, for a file of 512 KB: 20 times what the slowest takes, for busy machines
MOST_LINES = 200_000
"""Lines of Python that one header takes: jpeg.MOST_SEGMENTS × about 20, or heif.MOST_STEPS × about 18."""
CORE = str(Path(heif.__file__).parent)
STARTS = (
    b"\xff\xd8",
    b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR\0\0\1\0\0\0\1\0\x08\2\0\0\0\0\0\0\0",
    b"RIFF\xf0\xff\x07\0WEBP",
)
HEIC = b"\0\0\0\x18ftypheic\0\0\0\0heicmif1"


def header(photo: bytes) -> None:
    check(sniff(photo[:HEAD_BYTES]))


@pytest.mark.parametrize("read", [header, bare])
def test_a_damaged_file_is_read_or_refused_and_nothing_else(read: Callable[[bytes], object]) -> None:
    whole = [talkative(f"{fmt} everything").data for fmt in ("jpeg", "png", "webp", "avif", "heic")]
    outcomes, number, until = Counter[str](), 0, time.monotonic() + SECONDS
    while number < FILES or time.monotonic() < until:
        chance = Random(number)
        photo = mutated(chance.choice(whole), chance.choice(whole), chance)
        outcomes[outcome(read, photo)] += 1
        number += 1
    assert set(outcomes) == {"read", "damaged", "unsupported_format", "too_small", "too_many_pixels"}
    assert min(outcomes.values()) > FILES / 100


def box(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body) + 8) + name + body


def full(count: int, name: bytes) -> bytes:
    """So many empty boxes."""
    return box(name, b"") * count


ENDLESS = {
    "fill bytes": b"\xff\xd8" + b"\xff" * HEAD_BYTES,
    "empty segments": b"\xff\xd8" + b"\xff\xe1\0\2" * (HEAD_BYTES // 4),
    "restart markers": b"\xff\xd8" + b"\xff\xd0" * (HEAD_BYTES // 2),
    "scans": b"\xff\xd8\xff\xc0\0\x11\x08\1\0\1\0" + bytes(10) + b"\xff\xda\0\2" * (HEAD_BYTES // 4),
    "chunks": b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR\0\0\1\0\0\0\1\0" + bytes(9) + (bytes(4) + b"tEXt" + bytes(4)) * 40_000,
    "riff": b"RIFF\xf0\xff\x07\0WEBPVP8X\x0a\0\0\0" + bytes(4) + b"\xff\0\0" * 2 + b"XMP \0\0\0\0" * 60_000,
    "boxes": HEIC + full(60_000, b"free"),
    "metas": HEIC + box(b"meta", bytes(4) + full(30_000, b"free")) * 2,
    "properties": HEIC
    + box(b"meta", bytes(4) + box(b"pitm", bytes(5) + b"\1") + box(b"iprp", box(b"ipco", full(60_000, b"ispe")))),
    "associations": HEIC
    + box(
        b"meta",
        bytes(4)
        + box(b"pitm", bytes(5) + b"\1")
        + box(b"iprp", box(b"ipma", bytes(4) + b"\xff" * 4 + bytes(400_000)) + box(b"ipco", full(100, b"free"))),
    ),
    "segments of length 0": b"\xff\xd8" + b"\xff\xe1\0\0" * (HEAD_BYTES // 4),
    "stuffed bytes": b"\xff\xd8" + b"\xff\0" * (HEAD_BYTES // 2),
    "markers apart": b"\xff\xd8" + b"\xff\0\xff\xe1\0\2" * (HEAD_BYTES // 6),
    "scans of no pixels": b"\xff\xd8\xff\xda\0\2" + b"\xff\xc4\0\2" * (HEAD_BYTES // 4),
    "wide boxes": HEIC + struct.pack(">I4sQ", 1, b"free", 16) * (HEAD_BYTES // 16),
    "boxes in meta": HEIC + box(b"meta", bytes(4) + full(50_000, b"free")),
    "many properties": HEIC
    + box(
        b"meta",
        bytes(4)
        + box(b"pitm", bytes(5) + b"\1")
        + box(b"iprp", box(b"ipma", bytes(8)) + box(b"ipco", full(50_000, b"ispe"))),
    ),
    "short associations": HEIC
    + box(
        b"meta",
        bytes(4)
        + box(b"pitm", bytes(4) + b"\xff\xff")
        + box(b"iprp", box(b"ipma", bytes(4) + b"\xff" * 4 + b"\0\1\0" * 150_000) + box(b"ipco", full(9, b"free"))),
    ),
    "long associations": HEIC
    + box(
        b"meta",
        bytes(4)
        + box(b"pitm", bytes(5) + b"\1")
        + box(
            b"iprp",
            box(b"ipma", bytes(7) + b"\xff" + (b"\0\1\xff" + bytes(255)) * 1_900) + box(b"ipco", full(9, b"ispe")),
        ),
    ),
    "references": HEIC
    + box(
        b"meta",
        bytes(4) + box(b"pitm", bytes(5) + b"\1") + box(b"iref", bytes(4) + box(b"dimg", b"\0\1\0\0") * 40_000),
    ),
    "brands": b"\0\x07\xff\xffftypheic" + b"abcd" * (HEAD_BYTES // 4),
}


@pytest.mark.parametrize("read", [header, bare])
@pytest.mark.parametrize("kind", ENDLESS)
def test_a_file_made_to_keep_a_reader_busy_is_done_with_soon(kind: str, read: Callable[[bytes], object]) -> None:
    started = time.thread_time()
    outcome(read, ENDLESS[kind])
    assert time.thread_time() - started <= MOST_SECONDS


@pytest.mark.parametrize("kind", ENDLESS)
def test_a_header_takes_a_bounded_number_of_steps(kind: str) -> None:
    assert lines(ENDLESS[kind]) <= MOST_LINES


@settings(max_examples=soak.size(60, 25), deadline=None)
@given(
    start=st.sampled_from([*STARTS, HEIC, HEIC[:8] + b"avif" + HEIC[12:]]),
    piece=st.lists(
        st.one_of(
            st.binary(min_size=1, max_size=8),
            st.sampled_from([b"\xff", b"\xff\xe1", b"\0\2", b"\0\0", b"\xff\0", b"\xff\xd0", b"tEXt"]),
            st.sampled_from([b"meta", b"iprp", b"ipco", b"ipma", b"ispe", b"iref", b"pitm"]).map(lambda n: box(n, b"")),
        ),
        min_size=1,
        max_size=6,
    ).map(b"".join),
    inside=st.sampled_from([(), (b"meta",), (b"meta", b"iprp"), (b"meta", b"iprp", b"ipco"), (b"meta", b"iref")]),
)
def test_a_header_of_one_piece_again_and_again_takes_a_bounded_number_of_steps(
    start: bytes, piece: bytes, inside: tuple[bytes, ...]
) -> None:
    body = piece * (HEAD_BYTES // len(piece))
    for name in reversed(inside):
        body = box(name, bytes(4) + body)
    assert lines((start + body)[:HEAD_BYTES]) <= MOST_LINES


def lines(head: bytes) -> int:
    """How many lines of the header's readers run."""
    count = 0

    def within(frame: FrameType, event: str, _: object) -> Callable[..., object]:
        nonlocal count
        count += event == "line"
        return within

    def entered(frame: FrameType, event: str, _: object) -> Callable[..., object] | None:
        return within if frame.f_code.co_filename.startswith(CORE) else None

    before = sys.gettrace()
    sys.settrace(entered)
    try:
        outcome(header, head)
    finally:
        sys.settrace(before)
    return count


def outcome(read: Callable[[bytes], object], photo: bytes) -> str:
    try:
        read(photo)
    except (BadPicture, UnsupportedMedia) as refusal:
        return refusal.code
    return "read"
