"""Writes the header and directory of a TIFF 6.0 file, for pixels that are already encoded or uncompressed."""

from __future__ import annotations

import struct
from collections.abc import Sequence

BYTE, SHORT, LONG, RATIONAL, UNDEFINED = 1, 3, 4, 5, 7
_PARTS = {BYTE: "B", SHORT: "H", LONG: "I", RATIONAL: "I", UNDEFINED: "B"}  # a rational consists of two parts

_COLOURS = {3: 2, 4: 5}  # photometric interpretation by samples per pixel: RGB and CMYK
Fields = dict[int, tuple[int, Sequence[int]]]
"""The type and values of each field, by tag."""


def header(directory: int) -> bytes:
    """The file header. `directory` is the byte offset of the directory."""
    return struct.pack("<2sHI", b"II", 42, directory)


def picture(samples: int, size: tuple[int, int], rows: int, starts: Sequence[int], sizes: Sequence[int]) -> Fields:
    """The fields of an 8-bit picture, RGB or CMYK depending on `samples` per pixel (sections 6 and 16).

    Its strips of `rows` rows are at the byte offsets `starts` and have the byte lengths `sizes`.
    """
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
        284: (SHORT, [1]),  # samples are interleaved
    }


def directory(fields: Fields, at: int) -> bytes:
    """Encode the only directory of a file, at byte offset `at` (section 2)."""
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
