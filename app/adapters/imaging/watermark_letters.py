"""A watermark's text as a picture, put together from letters drawn beforehand: a worker has no fonts.

`python -m tests.letters` writes watermark_letters.json from the font of `watermark`. The only difference is that pairs
of letters are not kerned.
"""

from __future__ import annotations

import base64
import functools
import json
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.adapters.imaging.png import Planes

_FILE = Path(__file__).with_suffix(".json")
_UNKNOWN = "\ufffd"


@dataclass(frozen=True)
class _Letter:
    """Where its picture begins in the line, in pixels; its width; its grey rows, then its alpha rows."""

    left: int
    width: int
    pixels: bytes

    @property
    def right(self) -> int:
        return self.left + self.width


def line(text: str) -> Planes:
    """The text in grey and alpha, on nothing: white with a dark edge. What the font lacks is a box."""
    letters, height = list(_letters(text)), int(_drawn()["height"])
    start = min(letter.left for letter in letters)
    width = max(letter.right for letter in letters) - start
    grey, alpha = bytearray(width * height), bytearray(width * height)
    for letter in letters:
        half = letter.width * height
        _laid(grey, letter.pixels[:half], letter.width, letter.left - start, width)
        _laid(alpha, letter.pixels[half:], letter.width, letter.left - start, width)
    return _trimmed(Planes([bytes(grey), bytes(alpha)], width, height))


def _letters(text: str) -> Iterator[_Letter]:
    drawn, pen = _drawn()["letters"], 0.0
    for character in text:
        left, advance, width, packed = drawn.get(character) or drawn[_UNKNOWN]
        yield _Letter(round(pen) + left, width, zlib.decompress(base64.b64decode(packed)))
        pen += advance


def _laid(canvas: bytearray, pixels: bytes, width: int, left: int, across: int) -> None:
    """Where edges of neighbours meet, the stronger shows."""
    for row in range(len(pixels) // width):
        at, new = row * across + left, pixels[row * width : (row + 1) * width]
        there = canvas[at : at + width]
        canvas[at : at + width] = bytes(map(max, there, new)) if any(there) else new


def _trimmed(planes: Planes) -> Planes:
    """Without the empty rows above and below."""
    alpha, width = planes.channels[1], planes.width
    first = (len(alpha) - len(alpha.lstrip(b"\0"))) // width
    last = -(-len(alpha.rstrip(b"\0")) // width)
    if first >= last:  # spaces alone
        return planes
    return Planes([channel[first * width : last * width] for channel in planes.channels], width, last - first)


@functools.cache
def _drawn() -> dict[str, Any]:
    drawn: dict[str, Any] = json.loads(_FILE.read_text())
    return drawn
