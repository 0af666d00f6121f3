"""EXIF as a camera writes it (CIPA DC-008): the words in texts, UTF-16, GPS, the maker's note, and a thumbnail."""

from __future__ import annotations

import struct
from collections.abc import Sequence

from tests.corpus.planted import WORDS

TEXT, SHORT, LONG, UNDEFINED, BYTE = 2, 3, 4, 7, 1
Entry = tuple[int, int, bytes]  # tag, type, value
_SIZES = {BYTE: 1, TEXT: 1, SHORT: 2, LONG: 4, UNDEFINED: 1}


def tiff(orientation: int = 1, thumbnail: bytes = b"") -> bytes:
    """A TIFF header with directories 0 and, where there is a thumbnail (a JPEG), 1. Little end first."""
    plain, wide = WORDS.encode() + b"\0", (WORDS + "\0").encode("utf-16-le")
    camera: list[Entry] = [
        (0x927C, UNDEFINED, b"Maker\0\0\0" + plain + wide),
        (0x9286, UNDEFINED, b"UNICODE\0" + WORDS.encode("utf-16-be")),
        (0xA430, TEXT, plain),  # the owner's name
    ]
    place: list[Entry] = [(1, TEXT, b"N\0"), (0x1B, UNDEFINED, b"ASCII\0\0\0" + plain), (0x1D, TEXT, plain)]
    first: list[Entry] = [
        (0x010E, TEXT, plain),
        (0x0112, SHORT, struct.pack("<H", orientation)),
        (0x013B, TEXT, plain),
        (0x9C9B, BYTE, wide),
    ]
    at = 8 + _length(first) + 2 * 12  # two links to directories follow the entries
    parts = []
    links: list[Entry] = []
    for tag, entries in ((0x8769, camera), (0x8825, place)):
        links.append((tag, LONG, struct.pack("<I", at)))
        parts.append(_directory(entries, at, 0))
        at += len(parts[-1])
    second = _thumbnail(thumbnail, at) if thumbnail else b""
    head = _directory(sorted([*first, *links]), 8, at if thumbnail else 0)
    return b"II*\0" + struct.pack("<I", 8) + head + b"".join(parts) + second


def _thumbnail(jpeg: bytes, at: int) -> bytes:
    entries: list[Entry] = [(0x0201, LONG, bytes(4)), (0x0202, LONG, struct.pack("<I", len(jpeg)))]
    start = at + _length(entries)
    entries[0] = (0x0201, LONG, struct.pack("<I", start))
    return _directory(entries, at, 0) + jpeg


def _directory(entries: Sequence[Entry], at: int, following: int) -> bytes:
    """Entries in the order of their tags; values of more than four bytes lie behind them."""
    table, values, free = struct.pack("<H", len(entries)), b"", at + 2 + 12 * len(entries) + 4
    for tag, kind, value in entries:
        table += struct.pack("<HHI", tag, kind, len(value) // _SIZES[kind])
        if len(value) <= 4:
            table += value.ljust(4, b"\0")
        else:
            table += struct.pack("<I", free + len(values))
            values += value + bytes(len(value) % 2)
    return table + struct.pack("<I", following) + values


def _length(entries: Sequence[Entry]) -> int:
    return len(_directory(entries, 0, 0))
