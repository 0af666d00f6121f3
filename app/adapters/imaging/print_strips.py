"""Makes the rows of a print with Pillow, strip by strip: enlarged by the network if there is one, resized, sharpened.

Pillow resizes horizontally and then vertically, which takes a third of the time of libvips's affine() with its 16
source pixels per pixel.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from app.adapters.imaging.print_plan import SHARPEN, PrintPlan
from app.core.cancellation import watched
from app.core.pictures import Raster, Tiled, Tiles

ROWS = 64  # rows of the print per strip; a multiple of 8, the size of JPEG's blocks
_BAND = 32  # rows of the picture per band, if no network makes them
_REACH = 3  # the reach of Lanczos on either side, in pixels of the picture or the print, whichever are larger


class PrintStrips:
    """The finished print as an iterator of Pillow images of ROWS rows, from the top. It is CPU-bound: use Compute."""

    def __init__(self, plan: PrintPlan) -> None:
        self._enlarged = plan.upscaler.strips(plan.source) if plan.by_network else _bands(plan.source)
        self._finished_strips = _finished_strips(plan, _Rows(plan.before, watched(self._enlarged)))

    def __iter__(self) -> Iterator[Any]:
        return self._finished_strips

    @property
    def tiles(self) -> Tiles:
        """The tile counts of the strips that have been made so far."""
        return self._enlarged.tiles if isinstance(self._enlarged, Tiled) else Tiles()


def _finished_strips(plan: PrintPlan, rows: _Rows) -> Iterator[Any]:
    width, height = plan.spec.full_size
    for top in range(0, height, ROWS):
        bottom = min(top + ROWS, height)
        if plan.sharpen_first:
            yield _resize(plan, rows, top, bottom)
            continue
        first, last = max(0, top - 1), min(height, bottom + 1)  # sharpening needs the adjacent rows
        yield _sharpen(_resize(plan, rows, first, last)).crop((0, top - first, width, bottom - first))


def _resize(plan: PrintPlan, rows: _Rows, top: int, bottom: int) -> Any:
    """Make these rows of the print from the part of the picture on which they depend."""
    from PIL import Image

    left, above, right, below = plan.area
    width, height = plan.spec.full_size
    scale = (below - above) / height
    reach = _REACH * max(scale, 1) + 2
    first = max(0, math.floor(above + top * scale - reach))
    last = min(rows.height, math.ceil(above + bottom * scale + reach))
    window = rows.between(first, last)
    if plan.sharpen_first:
        window = _sharpen(window)
    how = Image.Resampling.BICUBIC if plan.sharpen_first else Image.Resampling.LANCZOS
    box = (left, above + top * scale - first, right, min(above + bottom * scale, rows.height) - first)
    return window.resize((width, bottom - top), how, box)


def _sharpen(image: Any) -> Any:
    from PIL import ImageFilter

    return image.filter(ImageFilter.Kernel((3, 3), [weight for row in SHARPEN for weight in row]))


def _bands(raster: Raster) -> Iterator[bytes]:
    size = raster.width * 3 * _BAND
    return (raster.data[at : at + size] for at in range(0, len(raster.data), size))


class _Rows:
    """A sliding window over a picture's rows as they arrive. Rows above the last requested ones are discarded."""

    def __init__(self, size: tuple[int, int], arriving: Iterator[bytes]) -> None:
        self.width, self.height = size
        self._source, self._buffer, self._first = arriving, bytearray(), 0

    def between(self, first: int, last: int) -> Any:
        """The rows from `first` up to but excluding `last`, as a Pillow image. `first` must never decrease."""
        from PIL import Image

        stride = self.width * 3
        del self._buffer[: (first - self._first) * stride]
        self._first = first
        while len(self._buffer) < (last - first) * stride:
            self._buffer += next(self._source)
        return Image.frombytes("RGB", (self.width, last - first), bytes(self._buffer[: (last - first) * stride]))
