"""The few bytes of TIFF 6.0 that stand around pixels which were packed elsewhere, or not at all."""

from __future__ import annotations

import struct
from collections.abc import Sequence

BYTE, SHORT, LONG, RATIONAL, UNDEFINED = 1, 3, 4, 5, 7
_PARTS = {BYTE: "B", SHORT: "H", LONG: "I", RATIONAL: "I", UNDEFINED: "B"}  # a rational is two of its parts

_COLOURS = {3: 2, 4: 5}  # RGB, and CMYK
Fields = dict[int, tuple[int, Sequence[int]]]
"""Type and values by tag."""


def header(directory: int) -> bytes:
    """What a file begins with; the directory is that many bytes into it."""
    return struct.pack("<2sHI", b"II", 42, directory)


def picture(samples: int, size: tuple[int, int], rows: int, starts: Sequence[int], sizes: Sequence[int]) -> Fields:
    """The fields of an 8-bit picture, RGB or CMYK by its samples a pixel, whose strips of so many rows lie at `starts`
    (sections 6 and 16)."""
    return {
        256: (LONG, [size[0]]),
        257: (LONG, [size[1]]),
        258: (SHORT, [8] * samples),
        259: (SHORT, [1]),  # not compressed
        262: (SHORT, [_COLOURS[samples]]),
        273: (LONG, starts),
        277: (SHORT, [samples]),
        278: (LONG, [rows]),
        279: (LONG, sizes),
        284: (SHORT, [1]),  # samples side by side
    }


def directory(fields: Fields, at: int) -> bytes:
    """The only directory of a file, in which it stands at that byte (section 2)."""
    entries, beyond = b"", b""
    after = at + 2 + 12 * len(fields) + 4
    for tag, (kind, values) in sorted(fields.items()):
        packed = struct.pack(f"<{len(values)}{_PARTS[kind]}", *values)
        count = len(values) // 2 if kind == RATIONAL else len(values)
        if len(packed) > 4:
            place = struct.pack("<I", after + len(beyond))
            beyond += packed + bytes(len(packed) % 2)
        else:
            place = packed.ljust(4, b"\0")
        entries += struct.pack("<HHI", tag, kind, count) + place
    return struct.pack("<H", len(fields)) + entries + bytes(4) + beyond
