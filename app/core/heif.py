"""HEIF boxes (ISO 14496-12, 23008-12), as far as they describe the main image. AVIF is HEIF too.

The boxes come from strangers, so every reader here takes linear time, copies only its result, and takes at most
MOST_STEPS steps.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

HEIC_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"}
AVIF_BRANDS = {b"avif", b"avis"}
MOST_STEPS = 10_000
"""Boxes and entries that are read per file. A photo of 50 megapixels in tiles of 256 × 256 pixels has about 800 items,
each with an entry in a few tables."""
_MOST_BRAND_BYTES = 1024
Span = tuple[int, int]  # where the content of a box starts and ends


class TooManyParts(Exception):
    """The file has more boxes or entries than any real photo."""


@dataclass(frozen=True)
class Coding:
    """How the colours of a photo are coded, by the numbers of ITU-T H.273: primaries and transfer function."""

    primaries: int
    transfer: int


@dataclass(frozen=True)
class MainImage:
    """The description of the main image.

    `size` is its width and height in pixels, after the file's rotation. `coding` is None if a colour profile describes
    the colours, or nothing does.
    """

    size: tuple[int, int]
    coding: Coding | None
    has_premultiplied_alpha: bool


def brands(head: bytes) -> set[bytes]:
    """Return the major and compatible brands; empty if this is not an HEIF file."""
    if head[4:8] != b"ftyp":
        return set()
    end = min(int.from_bytes(head[:4], "big"), _MOST_BRAND_BYTES)
    listed = head[8:12] + head[16:end]
    return {listed[at : at + 4] for at in range(0, len(listed), 4)}


def main_image(head: bytes) -> MainImage | None:
    """Return the description of the main image, or None if it is not in `head`.

    Raises TooManyParts, and IndexError or struct.error if the description is cut off.
    """
    return _Reader(head).main_image()


def is_whole(data: bytes) -> bool:
    """Return whether the boxes that contain the picture end within the file. What follows them does not matter.

    Raises TooManyParts.
    """
    return all(end <= len(data) for name, (_, end) in _Reader(data).boxes((0, len(data))) if name in (b"meta", b"mdat"))


class _Reader:
    """Reads one file, and counts steps over all its tables."""

    def __init__(self, data: bytes) -> None:
        self._data, self._steps = data, MOST_STEPS

    def main_image(self) -> MainImage | None:
        meta = self._child((0, len(self._data)), b"meta")
        if meta is None:
            return None
        found = {name: span for name, span in self.boxes((meta[0] + 4, meta[1])) if span[1] <= meta[1]}
        item = self._primary(found.get(b"pitm", (0, 0)))
        references = self._references(found.get(b"iref"), item)
        mine = self._properties(found.get(b"iprp"), {item, *references.get(b"dimg", [])[:1]})
        own = mine.get(item, [])
        sides = [span for name, span in own if name == b"ispe"]
        if not sides:
            return None
        width, height = struct.unpack_from(">II", self._data, sides[-1][0] + 4)
        if any(self._data[start] & 1 for name, (start, end) in own if name == b"irot" and start < end):
            width, height = height, width
        return MainImage((width, height), self._coding(item, mine), b"prem" in references)

    def boxes(self, within: Span) -> Iterator[tuple[bytes, Span]]:
        """Yield the boxes at one level. The last one may claim to end beyond `within`."""
        at, end = within
        while at + 8 <= end:
            self._step()
            length, name = struct.unpack_from(">I4s", self._data, at)
            start = at + 8
            if length == 1:
                length = int.from_bytes(self._data[start : start + 8], "big")
                start += 8
            at = end if length == 0 else at + length
            if at < start:
                return
            yield name, (start, at)

    def _step(self) -> None:
        self._steps -= 1
        if self._steps < 0:
            raise TooManyParts

    def _child(self, within: Span, wanted: bytes) -> Span | None:
        """The first complete box of that name."""
        return next((span for name, span in self.boxes(within) if name == wanted and span[1] <= within[1]), None)

    def _primary(self, pitm: Span) -> int:
        """The main image's item number: 16 bits, or 32 from version 1 on."""
        start, end = pitm
        body = self._data[start : min(end, start + 8)]
        return int.from_bytes(body[4:6] if body[0] == 0 else body[4:8], "big")

    def _references(self, iref: Span | None, item: int) -> dict[bytes, list[int]]:
        """The items the main image refers to, by kind of reference: `dimg` for its tiles, `prem` for its alpha."""
        if iref is None:
            return {}
        found, wide = {}, self._data[iref[0]] > 0
        for name, (start, end) in self.boxes((iref[0] + 4, iref[1])):
            numbers = ">I" if wide else ">H"
            (source,) = struct.unpack_from(numbers, self._data, start)
            if source == item and end <= iref[1]:
                start += struct.calcsize(numbers)
                (count,) = struct.unpack_from(">H", self._data, start)
                first = struct.unpack_from(numbers, self._data, start + 2) if count else ()
                found[name] = list(first)
        return found

    def _properties(self, iprp: Span | None, items: set[int]) -> dict[int, list[tuple[bytes, Span]]]:
        """The property boxes of each of these items, in the order of their association."""
        ipco = iprp and self._child(iprp, b"ipco")
        ipma = iprp and self._child(iprp, b"ipma")
        if not ipco or not ipma:
            return {}
        listed = [(name, span) for name, span in self.boxes(ipco) if span[1] <= ipco[1]]
        return {
            item: [listed[number - 1] for number in numbers if 0 < number <= len(listed)]
            for item, numbers in self._associations(ipma, items).items()
        }

    def _associations(self, ipma: Span, items: set[int]) -> dict[int, list[int]]:
        """The numbers (from 1) of the properties of each of these items."""
        data, (start, end) = self._data, ipma
        version, wide = data[start], data[start + 3] & 1
        at, found = start + 8, dict[int, list[int]]()
        for _ in range(struct.unpack_from(">I", data, start + 4)[0]):
            self._step()
            if at >= end or len(found) == len(items):
                break
            (item,) = struct.unpack_from(">I" if version else ">H", data, at)
            at += 4 if version else 2
            count, at = data[at], at + 1
            if item in items and item not in found:
                # The top bit marks properties that a reader must support.
                numbers = struct.unpack_from(f">{count}H" if wide else f">{count}B", data, at)
                found[item] = [number & (0x7FFF if wide else 0x7F) for number in numbers]
            at += count * (2 if wide else 1)
        return found

    def _coding(self, item: int, properties: dict[int, list[tuple[bytes, Span]]]) -> Coding | None:
        """From the `colr` box of the main image, or of its first tile. A profile takes precedence over numbers."""
        for spans in (properties.pop(item, []), *properties.values()):
            said = {self._data[start : start + 4]: start + 4 for name, (start, _) in spans if name == b"colr"}
            if b"prof" in said or b"rICC" in said:
                return None
            if b"nclx" in said:
                return Coding(*struct.unpack_from(">HH", self._data, said[b"nclx"]))
        return None
