"""Damage, done to good photos: flipped bits, cut ends, other files' bytes, lengths and sizes that lie, stray parts.

mutated(photo, other, chance)    chance is a seeded random.Random, so the same damage is done again
"""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Callable, Iterator
from itertools import pairwise
from random import Random

from app.adapters.imaging.png import SIGNATURE
from app.core.errors import AppError
from app.core.sniff import sniff

Damage = Callable[[bytes, bytes, Random], bytes]
_EXTREMES = (0, 1, 2, 7, 0x7F, 0xFF, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0xFFFFFFF0, 0xFFFFFFFF)
_SIZES = (1, 63, 4_000, 7_000, 12_000, 16_383, 65_500)
_HOLDERS = {b"meta": 12, b"iprp": 8, b"ipco": 8, b"moov": 8, b"trak": 8}  # HEIF boxes that hold others, and their heads
_MARKER = re.compile(rb"\xff[\xc0-\xcf\xd8-\xfe]")


def mutated(photo: bytes, other: bytes, chance: Random) -> bytes:
    """The photo with one to three kinds of damage; `other` lends bytes."""
    for _ in range(chance.choice((1, 1, 2, 3))):
        photo = chance.choice(_WAYS)(photo, other, chance) or b"\xff"
    return with_right_sums(photo) if photo.startswith(SIGNATURE) and chance.random() < 0.7 else photo


def pieces(photo: bytes) -> list[bytes]:
    """Segments, chunks or boxes, in their order; joined they are the file."""
    starts = {b"\x89": _png, b"\xff": _jpeg, b"R": _riff}.get(photo[:1], _boxes)
    edges = [0, *starts(photo), len(photo)]
    return [photo[start:end] for start, end in pairwise(edges) if end > start]


def _png(photo: bytes) -> Iterator[int]:
    at = 8
    while at + 8 <= len(photo):
        yield at
        at += 12 + int.from_bytes(photo[at : at + 4], "big")


def _jpeg(photo: bytes) -> Iterator[int]:
    yield from (each.start() for each in _MARKER.finditer(photo))


def _riff(photo: bytes) -> Iterator[int]:
    at = 12
    while at + 8 <= len(photo):
        yield at
        length = int.from_bytes(photo[at + 4 : at + 8], "little")
        at += 8 + length + length % 2


def _boxes(photo: bytes) -> Iterator[int]:
    at = 0
    while at + 8 <= len(photo):
        yield at
        length, name = struct.unpack_from(">I4s", photo, at)
        at += _HOLDERS.get(name, max(length, 8))


def _flipped(photo: bytes, other: bytes, chance: Random) -> bytes:
    """Bits, mostly near the start, where the headers are."""
    data = bytearray(photo)
    for _ in range(chance.choice((1, 3, 20, 100))):
        data[chance.randrange(_near(data, chance))] ^= 1 << chance.randrange(8)
    return bytes(data)


def _cut_off(photo: bytes, other: bytes, chance: Random) -> bytes:
    return photo[: chance.randrange(1, len(photo) + 1)]


def _spliced(photo: bytes, other: bytes, chance: Random) -> bytes:
    """The other file's end behind this one's start, or some of its bytes over ours."""
    at, there = chance.randrange(_near(photo, chance)), chance.randrange(len(other))
    if chance.random() < 0.5:
        return photo[:at] + other[there:]
    count = chance.randrange(1, 400)
    return photo[:at] + other[there : there + count] + photo[at + count :]


def _lengths(photo: bytes, other: bytes, chance: Random) -> bytes:
    """A number that is too large, too small, or nothing: where a part begins its length stands, in most formats."""
    parts = pieces(photo)
    start = sum(map(len, parts[: chance.randrange(len(parts))])) + chance.choice((0, 2, 4, 8, chance.randrange(40)))
    value, width = chance.choice(_EXTREMES), chance.choice((1, 2, 4))
    lie = (value & (1 << 8 * width) - 1).to_bytes(width, chance.choice(("big", "little")))
    return photo[:start] + lie + photo[start + width :]


def _rearranged(photo: bytes, other: bytes, chance: Random) -> bytes:
    """A part twice, often, gone, elsewhere, or another file's."""
    parts = pieces(photo)
    at, to = chance.randrange(len(parts)), chance.randrange(len(parts))
    part = parts[at]
    match chance.randrange(5):
        case 0:
            parts.insert(to, part)
        case 1:
            parts[at:at] = [part] * min(200, 1 + 200_000 // len(part))
        case 2:
            del parts[at]
        case 3:
            parts[at], parts[to] = parts[to], part
        case _:
            parts.insert(at, chance.choice(pieces(other)))
    return b"".join(parts)


def _resized(photo: bytes, other: bytes, chance: Random) -> bytes:
    """Other sides than it has, wherever they are written."""
    try:
        width, height = sniff(photo).size or (1, 1)
    except AppError:
        return photo
    if max(width, height) > 0xFFFF or min(width, height) < 1:
        return photo
    new = chance.choice(_SIZES), chance.choice(_SIZES)
    for order, turned in ((">II", False), (">HH", True), ("<HH", False)):
        here, there = ((width, height), new) if not turned else ((height, width), new[::-1])
        photo = photo.replace(struct.pack(order, *here), struct.pack(order, *there))
    sides, others = (b"".join((side - 1).to_bytes(3, "little") for side in pair) for pair in ((width, height), new))
    return photo.replace(sides, others)


def _near(data: bytes | bytearray, chance: Random) -> int:
    return min(len(data), chance.choice((64, 1_000, 5_000, len(data))))


def with_right_sums(png: bytes) -> bytes:
    """The damage would end at the checksum else."""
    parts = [png[:8]]
    for part in pieces(png)[1:]:
        parts.append(part[:-4] + struct.pack(">I", zlib.crc32(part[4:-4])) if len(part) >= 12 else part)
    return b"".join(parts)


_WAYS: tuple[Damage, ...] = (_flipped, _cut_off, _spliced, _lengths, _rearranged, _resized)
