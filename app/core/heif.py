"""HEIF boxes (ISO 14496-12, 23008-12), just far enough for the main image's size. AVIF is HEIF too."""

from __future__ import annotations

import struct
from collections.abc import Iterator

HEIC_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"}
Box = tuple[bytes, bytes]  # its type, and what it holds


def brands(head: bytes) -> set[bytes]:
    """The major and compatible brands, or nothing when this is no such file."""
    if head[4:8] != b"ftyp":
        return set()
    end = min(int.from_bytes(head[:4], "big"), 1024)
    listed = head[8:12] + head[16:end]
    return {listed[at : at + 4] for at in range(0, len(listed), 4)}


def size(head: bytes) -> tuple[int, int] | None:
    """Width and height of the main image in pixels, turned as the file asks; None when they are not in `head`."""
    meta = dict(_boxes(head)).get(b"meta")
    if meta is None:
        return None
    inside = dict(_boxes(meta[4:]))
    properties = dict(_boxes(inside.get(b"iprp", b"")))
    listed = list(_boxes(properties.get(b"ipco", b"")))
    wanted = _associated(properties.get(b"ipma", b""), _primary(inside.get(b"pitm", b"")))
    mine = dict(listed[index - 1] for index in wanted if 0 < index <= len(listed))
    if b"ispe" not in mine:
        return None
    width, height = struct.unpack_from(">II", mine[b"ispe"], 4)
    turned = mine.get(b"irot", b"\0")[0] & 1
    return (height, width) if turned else (width, height)


def is_whole(data: bytes) -> bool:
    """Whether boxes fill the file to its end: in one that was cut off, the last would reach beyond."""
    at = 0
    while at + 8 <= len(data):
        length = int.from_bytes(data[at : at + 4], "big")
        if length == 0:
            return True
        at += int.from_bytes(data[at + 8 : at + 16], "big") if length == 1 else max(length, 8)
    return at == len(data)


def _boxes(data: bytes) -> Iterator[Box]:
    """The boxes side by side in `data`; one that is cut off is not among them."""
    at = 0
    while at + 8 <= len(data):
        length, name = struct.unpack_from(">I4s", data, at)
        start = at + 8
        if length == 1:
            length = int.from_bytes(data[start : start + 8], "big")
            start += 8
        end = len(data) if length == 0 else at + length
        if end < start or end > len(data):
            return
        yield name, data[start:end]
        at = end


def _primary(pitm: bytes) -> int:
    """The main image's item id: 16 bits, or 32 from version 1 on."""
    return int.from_bytes(pitm[4:6] if pitm[0] == 0 else pitm[4:8], "big")


def _associated(ipma: bytes, item: int) -> list[int]:
    """The numbers (from 1) of the properties that belong to an item."""
    version, wide = ipma[0], ipma[3] & 1
    count, at = struct.unpack_from(">I", ipma, 4)[0], 8
    for _ in range(count):
        number = struct.unpack_from(">I" if version else ">H", ipma, at)[0]
        at += 4 if version else 2
        links, at = ipma[at], at + 1
        end = at + links * (2 if wide else 1)
        if number == item:
            return [_link(ipma, place, wide) for place in range(at, end, 2 if wide else 1)]
        at = end
    return []


def _link(ipma: bytes, at: int, wide: int) -> int:
    """A property's number without its top bit, which says whether readers must know the property."""
    return struct.unpack_from(">H", ipma, at)[0] & 0x7FFF if wide else ipma[at] & 0x7F
