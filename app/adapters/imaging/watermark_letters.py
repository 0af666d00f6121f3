"""Renders a watermark's text from pre-rendered letters, since a worker has no fonts.

`python -m tests.letters` writes watermark_letters.json with the font that `watermark` uses. The only difference from
`watermark` is that the text is not kerned.
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
    """A letter's left edge in the line and its width, in pixels, and its grey rows followed by its alpha rows."""

    left: int
    width: int
    pixels: bytes

    @property
    def right(self) -> int:
        return self.left + self.width


def line(text: str) -> Planes:
    """Render text in grey and alpha, white with a dark outline, on transparency. Missing characters become a box."""
    letters, height = list(_letters(text)), int(_font()["height"])
    start = min(letter.left for letter in letters)
    width = max(letter.right for letter in letters) - start
    grey, alpha = bytearray(width * height), bytearray(width * height)
    for letter in letters:
        half = letter.width * height
        _draw(grey, letter.pixels[:half], letter.width, letter.left - start, width)
        _draw(alpha, letter.pixels[half:], letter.width, letter.left - start, width)
    return _trim(Planes([bytes(grey), bytes(alpha)], width, height))


def _letters(text: str) -> Iterator[_Letter]:
    drawn, pen = _font()["letters"], 0.0
    for character in text:
        left, advance, width, packed = drawn.get(character) or drawn[_UNKNOWN]
        yield _Letter(round(pen) + left, width, zlib.decompress(base64.b64decode(packed)))
        pen += advance


def _draw(canvas: bytearray, pixels: bytes, width: int, left: int, across: int) -> None:
    """Draw a letter on the canvas. Where it overlaps its neighbour, the larger value wins."""
    for row in range(len(pixels) // width):
        at, new = row * across + left, pixels[row * width : (row + 1) * width]
        there = canvas[at : at + width]
        canvas[at : at + width] = bytes(map(max, there, new)) if any(there) else new


def _trim(planes: Planes) -> Planes:
    """Remove empty rows above and below the text."""
    alpha, width = planes.channels[1], planes.width
    first = (len(alpha) - len(alpha.lstrip(b"\0"))) // width
    last = -(-len(alpha.rstrip(b"\0")) // width)
    if first >= last:  # only spaces
        return planes
    return Planes([channel[first * width : last * width] for channel in planes.channels], width, last - first)


@functools.cache
def _font() -> dict[str, Any]:
    drawn: dict[str, Any] = json.loads(_FILE.read_text())
    return drawn
