"""Headers under fire: thousands of damaged files, and files made to keep a reader busy. Only refusals, and soon."""

from __future__ import annotations

import os
import struct
import time
from collections import Counter
from collections.abc import Callable
from random import Random

import pytest

from app.adapters.bare_photo import bare
from app.core.errors import BadPicture, UnsupportedMedia
from app.core.sniff import HEAD_BYTES, check, sniff
from tests.corpus.mutations import mutated
from tests.corpus.talkative import talkative

FILES, SECONDS = 3_000, float(os.environ.get("FUZZ_SECONDS", "0"))
MOST_SECONDS = 2  # of processor time, for a file of 512 KB
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
    "brands": b"\0\x07\xff\xffftypheic" + b"abcd" * (HEAD_BYTES // 4),
}


@pytest.mark.parametrize("read", [header, bare])
@pytest.mark.parametrize("kind", ENDLESS)
def test_a_file_made_to_keep_a_reader_busy_is_done_with_soon(kind: str, read: Callable[[bytes], object]) -> None:
    started = time.thread_time()
    outcome(read, ENDLESS[kind])
    assert time.thread_time() - started <= MOST_SECONDS


def outcome(read: Callable[[bytes], object], photo: bytes) -> str:
    try:
        read(photo)
    except (BadPicture, UnsupportedMedia) as refusal:
        return refusal.code
    return "read"
