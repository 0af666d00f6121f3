"""Watermarks. Every engine draws them with Pillow, so that they look the same."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from app.adapters.imaging import watermark_layout
from app.core.errors import BadPicture
from app.core.pictures import Mark

if TYPE_CHECKING:
    from PIL import Image

_FORMATS = ("PNG", "WEBP", "JPEG")


def draw(image: Image.Image, mark: Mark) -> Image.Image:
    """Draw the mark on an RGB picture. Raises BadPicture if the mark's own picture is damaged."""
    stamp = _stamp(image, mark)
    if mark.position == "tiled":
        from PIL import Image

        stamp = stamp.rotate(watermark_layout.TILT, Image.Resampling.BICUBIC, expand=True)
    marked = image.convert("RGB")
    for place in watermark_layout.places(image.size, stamp.size, mark.position):
        marked.paste(stamp, place, stamp)
    return marked


def _stamp(image: Image.Image, mark: Mark) -> Image.Image:
    """The mark in RGBA, scaled to its percentage of the picture's width, with its opacity."""
    width = watermark_layout.stamp_width(image.size, mark)
    stamp = _picture(mark.picture) if mark.picture else _text(mark.text or "", width)
    stamp = stamp.resize(watermark_layout.stamp_size(image.size, stamp.size, mark), reducing_gap=2.0)
    stamp.putalpha(stamp.getchannel("A").point([round(level * mark.opacity) for level in range(256)]))
    return stamp


def _picture(encoded: bytes) -> Image.Image:
    from PIL import Image

    try:
        return Image.open(io.BytesIO(encoded), formats=_FORMATS).convert("RGBA")
    except (OSError, SyntaxError, ValueError) as error:
        raise BadPicture("The watermark's picture could not be read.") from error


def _text(text: str, width: int) -> Image.Image:
    """White letters with a dark outline, legible on any background, in Pillow's own font, since servers have none."""
    from PIL import Image, ImageDraw, ImageFont

    text = text.strip() or watermark_layout.NO_TEXT
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
