"""Crop geometry: boxes and sizes in whole pixels, from fractions and aspect ratios."""

from __future__ import annotations

from dataclasses import dataclass

from app.core.pictures import Crop

OVERVIEW_SIDE = 96
"""The longer side in pixels of a small overview of a picture: enough to judge its colours."""
PATCH_SIDE = 96
"""The sides in pixels of a patch that is measured at full resolution: a dozen hairs, or an eye."""
_SPREAD = ((0.5, 0.5), (0.25, 0.25), (0.75, 0.25), (0.25, 0.75), (0.75, 0.75))


@dataclass(frozen=True)
class Box:
    """A rectangle in pixels within a picture."""

    left: int
    top: int
    width: int
    height: int

    @property
    def edges(self) -> tuple[int, int, int, int]:
        """Left, top, right, bottom."""
        return self.left, self.top, self.left + self.width, self.top + self.height


def cut(size: tuple[int, int], crop: Crop | None, aspect: tuple[int, int]) -> Box:
    """Return the box of `crop` in a picture of `size`, cropped centrally to the aspect ratio. At least one pixel."""
    chosen = Box(0, 0, *size) if crop is None else _box(size, crop)
    width = min(chosen.width, max(1, _divide(chosen.height * aspect[0], aspect[1])))
    height = min(chosen.height, max(1, _divide(chosen.width * aspect[1], aspect[0])))
    left = chosen.left + (chosen.width - width) // 2
    return Box(left, chosen.top + (chosen.height - height) // 2, width, height)


def unturned(box: Box, stored: tuple[int, int], orientation: int) -> Box:
    """Convert a box of the upright picture to the picture as stored, for EXIF orientations 1 to 8."""
    left, top, width, height = box.left, box.top, box.width, box.height
    if orientation >= 5:  # a quarter turn: rows become columns
        left, top, width, height = top, left, height, width
    if orientation in (2, 3, 7, 8):
        left = stored[0] - left - width
    if orientation in (3, 4, 6, 7):
        top = stored[1] - top - height
    return Box(left, top, width, height)


def no_larger(box: Box, width: int, height: int) -> tuple[int, int]:
    """Return width × height if the box has that many pixels, else the box's own size: nothing is enlarged."""
    if box.width >= width and box.height >= height:
        return width, height
    return box.width, box.height


def patches(box: Box) -> list[Box]:
    """Return the patches of a box to measure at full resolution: its middle, then four towards the corners.

    A box that is too small for five returns only its middle, of up to twice the side.
    """
    if min(box.width, box.height) >= 4 * PATCH_SIDE:
        return [_around(box, across, down, PATCH_SIDE) for across, down in _SPREAD]
    return [_around(box, 0.5, 0.5, min(box.width, box.height, 2 * PATCH_SIDE))]


def fit(size: tuple[int, int], max_side: int) -> tuple[int, int]:
    """Return the size whose longer side is at most `max_side`, at the same aspect ratio. Never enlarges."""
    longest = max(size)
    if longest <= max_side:
        return size
    return max(1, _divide(size[0] * max_side, longest)), max(1, _divide(size[1] * max_side, longest))


def _around(box: Box, across: float, down: float, side: int) -> Box:
    left, top = int(box.width * across - side / 2), int(box.height * down - side / 2)
    return Box(box.left + left, box.top + top, side, side)


def _box(size: tuple[int, int], crop: Crop) -> Box:
    left, width = _span(size[0], crop.x, crop.width)
    top, height = _span(size[1], crop.y, crop.height)
    return Box(left, top, width, height)


def _span(length: int, start: float, share: float) -> tuple[int, int]:
    """Rounds both edges, not the length, so that adjacent crops meet without a gap."""
    first = min(max(round(start * length), 0), length - 1)
    last = min(max(round((start + share) * length), first + 1), length)
    return first, last - first


def _divide(numerator: int, denominator: int) -> int:
    """Integer division that rounds halves up: round() rounds them to even, so equal crops could differ by a pixel."""
    return (2 * numerator + denominator) // (2 * denominator)
