"""The positions and sizes of a watermark's stamps, in pixels. Every adapter that draws watermarks uses this layout."""

from __future__ import annotations

import math
from collections.abc import Iterator

from app.core.pictures import Mark, MarkPosition

NO_TEXT = "preview"  # for a mark that has neither a picture nor a text
TILT = 30  # degrees counter-clockwise; tilted text cannot be retouched row by row
_MARGIN = 0.03  # between a stamp and the edge, as a fraction of the shorter side
_GAP = 1.35  # distance from tile to tile, in sizes of a tilted stamp
_SLACK = 4  # pixels that may be lost by rounding
_NARROWEST = 8
Size = tuple[int, int]


def stamp_width(size: Size, mark: Mark) -> int:
    """The width of the mark in a picture of `size`, before it is limited to the picture."""
    return max(_NARROWEST, round(size[0] * mark.size / 100))


def stamp_size(size: Size, stamp: Size, mark: Mark) -> Size:
    """Scale a stamp of the natural size `stamp` to the mark's width, but keep it inside the picture.

    Tiles are so small that any crop of half the width and height contains a whole stamp: an interval that is as long
    as one step plus one stamp always contains a stamp.
    """
    tiled = mark.position == "tiled"
    box = _tilted_bounds(stamp) if tiled else stamp
    room = [max(1, (side // 2 - _SLACK) / (1 + _GAP)) if tiled else side for side in size]
    scale = min(stamp_width(size, mark) / stamp[0], room[0] / box[0], room[1] / box[1])
    return max(1, round(stamp[0] * scale)), max(1, round(stamp[1] * scale))


def tilted_size(size: Size) -> Size:
    """The bounding box, in whole pixels, of a stamp rotated by TILT about its centre."""
    halves = [side / 2 for side in _tilted_bounds(size)]
    width, height = (
        math.ceil(side / 2 + half) - math.floor(side / 2 - half) for side, half in zip(size, halves, strict=True)
    )
    return width, height


def _tilted_bounds(size: tuple[float, float]) -> tuple[float, float]:
    across, down = math.cos(math.radians(TILT)), math.sin(math.radians(TILT))
    return size[0] * across + size[1] * down, size[0] * down + size[1] * across


def places(size: Size, stamp: Size, position: MarkPosition) -> Iterator[tuple[int, int]]:
    """Yield the top left corners of the stamps. Tiles start and end outside the picture."""
    if position == "tiled":
        for top, lefts in rows(size, stamp):
            yield from ((left, top) for left in lefts)
        return
    margin = round(min(size) * _MARGIN)
    right, bottom = size[0] - stamp[0] - margin, size[1] - stamp[1] - margin
    across = {"left": margin, "right": right}.get(position.partition("-")[2], (size[0] - stamp[0]) // 2)
    down = {"top": margin, "bottom": bottom}.get(position.partition("-")[0], (size[1] - stamp[1]) // 2)
    yield max(0, across), max(0, down)


def rows(size: Size, stamp: Size) -> Iterator[tuple[int, range]]:
    """Yield the top and the left edges of each row of tiles, with every other row shifted by half a step.

    The first row and column start outside the picture.
    """
    step_x, step_y = round(stamp[0] * _GAP), round(stamp[1] * _GAP)
    for row, top in enumerate(range(-stamp[1] // 2, size[1], step_y)):
        start = -stamp[0] // 2 - (step_x // 2 if row % 2 else 0)
        yield top, range(start, size[0], step_x)
