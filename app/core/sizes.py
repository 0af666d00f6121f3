"""Limits on the pixel size of photos."""

from __future__ import annotations

from app.core.errors import BadPicture

MAX_PIXELS = 50_000_000  # the largest phone sensors in their default mode; 150 MB as 8-bit RGB
MAX_SIDE = 12_000  # pixels; also the limit of Cloudflare Images
MIN_SIDE = 64
MAX_ASPECT = 8  # long side over short side


def check_size(width: int, height: int) -> None:
    """Raise BadPicture, with `size`, if a picture of width × height pixels cannot become a design."""
    if width * height > MAX_PIXELS or max(width, height) > MAX_SIDE:
        limits = f"{MAX_PIXELS // 1_000_000} megapixels and {MAX_SIDE} pixels per side"
        raise BadPicture(
            f"This photo is too large: {width} × {height} pixels. Choose one of up to {limits}.",
            code="too_many_pixels",
            size=(width, height),
        )
    if min(width, height) < MIN_SIDE:
        raise BadPicture(
            f"This photo is too small: {width} × {height} pixels. Choose a larger one.",
            code="too_small",
            size=(width, height),
        )
    if max(width, height) > MAX_ASPECT * min(width, height):
        raise BadPicture(
            f"This photo is too narrow: {width} × {height} pixels. Choose one closer to a square.",
            code="too_small",
            size=(width, height),
        )
