"""Where a watermark's stamps lie and how big they are, the same for whatever draws them. All in pixels."""

from __future__ import annotations

import math
from collections.abc import Iterator

from app.core.pictures import Mark, MarkPosition

NO_TEXT = "preview"  # for a mark that has neither a picture nor a text
TILT = 30  # degrees, counter-clockwise: text on a slope cannot be cloned away along rows
_MARGIN = 0.03  # of the shorter side, between a stamp and the edge
_GAP = 1.35  # from tile to tile, in sizes of a tilted stamp
_SLACK = 4  # pixels that rounding to whole ones may cost
_NARROWEST = 8
Size = tuple[int, int]


def stamp_width(size: Size, mark: Mark) -> int:
    """The width that the mark asks for in a picture of `size`."""
    return max(_NARROWEST, round(size[0] * mark.size / 100))


def stamp_size(size: Size, stamp: Size, mark: Mark) -> Size:
    """The size of a stamp that is `stamp` large by itself: as wide as the mark asks, but inside the picture.

    Tiles are small enough that whoever cuts out a quarter of the picture, anywhere, has one whole stamp in it: a cut
    that is as long as a step and a stamp holds a stamp wherever it begins.
    """
    tiled = mark.position == "tiled"
    box = _tilted(stamp) if tiled else stamp
    room = [max(1, (side // 2 - _SLACK) / (1 + _GAP)) if tiled else side for side in size]
    scale = min(stamp_width(size, mark) / stamp[0], room[0] / box[0], room[1] / box[1])
    return max(1, round(stamp[0] * scale)), max(1, round(stamp[1] * scale))


def tilted(size: Size) -> Size:
    """The box of whole pixels around a stamp that was turned by TILT about its middle."""
    halves = [side / 2 for side in _tilted(size)]
    width, height = (
        math.ceil(side / 2 + half) - math.floor(side / 2 - half) for side, half in zip(size, halves, strict=True)
    )
    return width, height


def _tilted(size: tuple[float, float]) -> tuple[float, float]:
    across, down = math.cos(math.radians(TILT)), math.sin(math.radians(TILT))
    return size[0] * across + size[1] * down, size[0] * down + size[1] * across


def places(size: Size, stamp: Size, position: MarkPosition) -> Iterator[tuple[int, int]]:
    """The top left corners of the stamps; tiles begin and end outside the picture."""
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
    """Rows of tiles, every other row moved by half a step, from beyond the top left corner: top, and left edges."""
    step_x, step_y = round(stamp[0] * _GAP), round(stamp[1] * _GAP)
    for row, top in enumerate(range(-stamp[1] // 2, size[1], step_y)):
        start = -stamp[0] // 2 - (step_x // 2 if row % 2 else 0)
        yield top, range(start, size[0], step_x)
