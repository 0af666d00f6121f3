"""The plan of a print: margins, enlargement and sharpening, decided in the same way for every imaging library."""

from __future__ import annotations

import math
from dataclasses import dataclass

from app.core.errors import Unprocessable
from app.core.pictures import Picture, PrintFile, PrintSpec, Raster, Tiles
from app.core.ports.imaging import Upscaler

_MIN_NETWORK_FACTOR = 1.2  # below this enlargement a network adds no detail that a printer could show
# A mild 3×3 sharpening kernel. It sums to 16, so that integer arithmetic is cheap.
SHARPEN = ((-1, -1, -1), (-1, 24, -1), (-1, -1, -1))
_KERNEL_REACH = 3  # pixels: the reach of a resize kernel, which must not see the margin's own edge


def margin(size: tuple[int, int], spec: PrintSpec) -> int:
    """The number of source pixels to mirror on each side for the bleed.

    Raises Unprocessable if the picture is smaller than its bleed.
    """
    if not spec.bleed:
        return 0
    if spec.bleed > min(spec.width, spec.height):
        raise Unprocessable("The bleed is wider than the picture. Choose a smaller bleed.", code="bleed_too_wide")
    scale = min(spec.width / size[0], spec.height / size[1])
    return min(math.ceil(spec.bleed / scale) + _KERNEL_REACH, *size)


@dataclass(frozen=True)
class PrintPlan:
    """How a master becomes a print. `source` includes `margin` mirrored pixels on each side.

    `factor` is the total enlargement, by the network and by resampling.
    """

    spec: PrintSpec
    source: Raster
    upscaler: Upscaler
    margin: int = 0

    @property
    def own_size(self) -> tuple[int, int]:
        """The master's size in pixels, without the mirrored margin."""
        return self.source.width - 2 * self.margin, self.source.height - 2 * self.margin

    @property
    def factor(self) -> float:
        return self.spec.enlargement(*self.own_size)

    @property
    def by_network(self) -> bool:
        return self.factor > _MIN_NETWORK_FACTOR and self.upscaler.factor > 1

    @property
    def before(self) -> tuple[int, int]:
        """The size in pixels before the final resize, which is the network's output size or the source's own."""
        return self.source.width * self._times, self.source.height * self._times

    @property
    def area(self) -> tuple[float, float, float, float]:
        """The part of `before` that the file shows: left, top, right and bottom in fractional pixels."""
        (width, height), times = self.own_size, self._times
        across, down = times * width / self.spec.width, times * height / self.spec.height  # size of one print pixel
        left, top = times * self.margin - self.spec.bleed * across, times * self.margin - self.spec.bleed * down
        right, bottom = left + self.spec.full_size[0] * across, top + self.spec.full_size[1] * down
        return max(left, 0), max(top, 0), min(right, self.before[0]), min(bottom, self.before[1])

    @property
    def sharpen_first(self) -> bool:
        """Sharpen the smaller of the two sizes: before a resize that enlarges, but after one that shrinks."""
        return self.own_size[0] * self._times <= self.spec.width

    def result(self, data: bytes, tiles: Tiles) -> PrintFile:
        picture = Picture(data, self.spec.mime, *self.spec.full_size)
        engine = self.upscaler.name if self.by_network else "resample"
        return PrintFile(picture, engine, self.factor, *self.own_size, tiles)

    @property
    def _times(self) -> int:
        return self.upscaler.factor if self.by_network else 1
