"""Watermarks, drawn by Pillow whichever library decoded the photo, so that they look the same everywhere."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import TYPE_CHECKING

from app.core.errors import BadPicture
from app.core.pictures import Mark

if TYPE_CHECKING:
    from PIL import Image

_MARGIN = 0.03  # of the shorter side, between a stamp and the edge
_TILT = 30  # degrees: text on a slope cannot be cloned away along rows
_GAP = 1.35  # between tiles, in stamp sizes: any quarter of the picture holds one whole stamp
_FORMATS = ("PNG", "WEBP", "JPEG")


def draw(image: Image.Image, mark: Mark) -> Image.Image:
    """The RGB picture with the mark laid over it. Raises BadPicture when the mark's own picture is damaged."""
    stamp = _stamp(image, mark)
    if mark.position == "tiled":
        from PIL import Image

        stamp = stamp.rotate(_TILT, Image.Resampling.BICUBIC, expand=True)
    marked = image.convert("RGB")
    for place in _places(image.size, stamp.size, mark.position):
        marked.paste(stamp, place, stamp)
    return marked


def _stamp(image: Image.Image, mark: Mark) -> Image.Image:
    """The mark in RGBA at its share of the picture's width, with its opacity."""
    width = max(8, round(image.width * mark.size / 100))
    stamp = _picture(mark.picture) if mark.picture else _text(mark.text or "", width)
    scale = min(width / stamp.width, image.width / stamp.width, image.height / stamp.height)
    size = max(1, round(stamp.width * scale)), max(1, round(stamp.height * scale))
    stamp = stamp.resize(size, reducing_gap=2.0)
    stamp.putalpha(stamp.getchannel("A").point([round(level * mark.opacity) for level in range(256)]))
    return stamp


def _picture(encoded: bytes) -> Image.Image:
    from PIL import Image

    try:
        return Image.open(io.BytesIO(encoded), formats=_FORMATS).convert("RGBA")
    except (OSError, SyntaxError, ValueError) as error:
        raise BadPicture("The watermark's picture could not be read.") from error


def _text(text: str, width: int) -> Image.Image:
    """White letters with a dark edge, to be read on snow and at night. In Pillow's own font: servers have none."""
    from PIL import Image, ImageDraw, ImageFont

    text = text.strip() or "preview"
    size = 100.0
    size = max(8.0, size * width / max(1.0, ImageFont.load_default(size).getlength(text)))
    font = ImageFont.load_default(size)
    edge = max(1, round(size / 24))
    left, top, right, bottom = font.getbbox(text, stroke_width=edge)
    stamp = Image.new("RGBA", (round(right - left), round(bottom - top)), (0, 0, 0, 0))
    ImageDraw.Draw(stamp).text(
        (-left, -top),
        text,
        font=font,
        fill=(255, 255, 255, 255),
        stroke_width=edge,
        stroke_fill=(0, 0, 0, 150),
    )
    return stamp


def _places(size: tuple[int, int], stamp: tuple[int, int], position: str) -> Iterator[tuple[int, int]]:
    """The top left corners of the stamps, in pixels."""
    if position == "tiled":
        yield from _tiles(size, stamp)
        return
    margin = round(min(size) * _MARGIN)
    right, bottom = size[0] - stamp[0] - margin, size[1] - stamp[1] - margin
    across = {"left": margin, "right": right}.get(position.partition("-")[2], (size[0] - stamp[0]) // 2)
    down = {"top": margin, "bottom": bottom}.get(position.partition("-")[0], (size[1] - stamp[1]) // 2)
    yield max(0, across), max(0, down)


def _tiles(size: tuple[int, int], stamp: tuple[int, int]) -> Iterator[tuple[int, int]]:
    """Rows of stamps, every other row moved by half a step, from beyond the top left corner."""
    step_x, step_y = round(stamp[0] * _GAP), round(stamp[1] * _GAP)
    for row, top in enumerate(range(-stamp[1] // 2, size[1], step_y)):
        start = -stamp[0] // 2 - (step_x // 2 if row % 2 else 0)
        for left in range(start, size[0], step_x):
            yield left, top
