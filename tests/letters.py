"""Draws the letters that a worker puts into watermarks, from Pillow's own font: python -m tests.letters.

The font is a cut of Aileron (public domain, CC0) that comes with Pillow. A worker has neither fonts nor Pillow, so the
letters are stored as pictures, in app/adapters/imaging/watermark_letters.json: each with its white body and dark edge
in one grey and one alpha channel, as app/adapters/imaging/watermark.py draws them.
"""

from __future__ import annotations

import base64
import json
import zlib
from typing import Any

from PIL import Image, ImageDraw, ImageFont

from tests.sources import ROOT

FILE = ROOT / "app" / "adapters" / "imaging" / "watermark_letters.json"
SIZE = 64  # pixels: a text across a third of a preview is about this big
EDGE = round(SIZE / 24)
FROM_PRINTABLE = [*range(0x20, 0x7F), *range(0xA0, 0x180), *range(0x2010, 0x2040), 0x20AC, 0x2122]


def letters() -> dict[str, Any]:
    """By letter: how far left of the pen its picture begins, how far the pen moves, its width, its packed pixels."""
    font = ImageFont.load_default(float(SIZE))
    ascent, descent = font.getmetrics()
    height = ascent + descent + 2 * EDGE
    missing = font.getmask("\uffff").getbbox(), bytes(font.getmask("\uffff"))
    known = [
        chr(point)
        for point in FROM_PRINTABLE
        if (font.getmask(chr(point)).getbbox(), bytes(font.getmask(chr(point)))) != missing
    ]
    return {"height": height, "letters": {letter: _letter(font, letter, height) for letter in ["\ufffd", *known]}}


def _letter(font: Any, letter: str, height: int) -> list[Any]:
    left, _, right, _ = font.getbbox(letter, stroke_width=EDGE)
    left, width = int(left), max(1, int(right - left))
    image = Image.new("RGBA", (width, height), (0, 0, 0, 0))
    ImageDraw.Draw(image).text(
        (-left, EDGE),
        letter,
        font=font,
        fill=(255, 255, 255, 255),
        stroke_width=EDGE,
        stroke_fill=(0, 0, 0, 150),
    )
    pixels = image.getchannel("R").tobytes() + image.getchannel("A").tobytes()
    packed = base64.b64encode(zlib.compress(pixels, 9)).decode()
    return [left, round(font.getlength(letter), 2), width, packed]


if __name__ == "__main__":
    FILE.write_text(json.dumps(letters(), indent=0, ensure_ascii=True, separators=(",", ":")) + "\n")
