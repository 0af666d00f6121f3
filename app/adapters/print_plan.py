"""What a print is made by, decided the same way for every imaging library."""

from __future__ import annotations

import math
from dataclasses import dataclass

from app.core.framing import Box
from app.core.pictures import Picture, PrintFile, PrintSpec, Raster
from app.core.ports import Upscaler

_WORTH = 1.2  # below this enlargement a network adds nothing that a printer could show
_CHOICE = 17  # margins to choose from: one of them is off by a thirtieth of a pixel at most, or nearly so
# A 3×3 kernel that sums to 16: light, and cheap in whole numbers.
SHARPEN = ((-1, -1, -1), (-1, 24, -1), (-1, -1, -1))


def margin(size: tuple[int, int], spec: PrintSpec) -> int:
    """How many of the source's pixels make the bleed on each side: mirrored there, a cut that misses shows more of the
    same. Of the next few that are enough, those that are nearest to whole pixels of the print: the picture then lies in
    the file where it lies without bleed, and needs no moving by parts of a pixel."""
    if not spec.bleed:
        return 0
    across, down = spec.width / size[0], spec.height / size[1]
    least = math.ceil(spec.bleed / min(across, down))
    enough = range(min(least, *size), min(least + _CHOICE, min(size) + 1))
    return min(enough, key=lambda pixels: max(_off_whole(pixels * across), _off_whole(pixels * down)))


def _off_whole(number: float) -> float:
    return abs(number - round(number))


@dataclass(frozen=True)
class PrintPlan:
    """How one master becomes one print: `factor` is the whole enlargement, by the network or not.

    `source` has `margin` mirrored pixels on each side.
    """

    spec: PrintSpec
    source: Raster
    upscaler: Upscaler
    margin: int = 0

    @property
    def own_size(self) -> tuple[int, int]:
        """The master's size in pixels, without what was mirrored around it."""
        return self.source.width - 2 * self.margin, self.source.height - 2 * self.margin

    @property
    def factor(self) -> float:
        return self.spec.enlargement(*self.own_size)

    @property
    def scaled(self) -> tuple[int, int]:
        """The size in pixels that the source gets, margin and all."""
        (width, height), (least_width, least_height) = self.own_size, self.spec.full_size
        across, down = round(self.margin * self.spec.width / width), round(self.margin * self.spec.height / height)
        return max(self.spec.width + 2 * across, least_width), max(self.spec.height + 2 * down, least_height)

    @property
    def cut(self) -> Box:
        """The file within that, in the middle."""
        width, height = self.spec.full_size
        return Box((self.scaled[0] - width) // 2, (self.scaled[1] - height) // 2, width, height)

    @property
    def by_network(self) -> bool:
        return self.factor > _WORTH and self.upscaler.factor > 1

    @property
    def enlarged(self) -> tuple[int, int]:
        """The size in pixels of what the network gives, before the last resize."""
        times = self.upscaler.factor
        return self.source.width * times, self.source.height * times

    @property
    def sharpen_first(self) -> bool:
        """Sharpen the smaller of the two: the picture before a resize that enlarges, or after one that shrinks."""
        before = self.enlarged if self.by_network else (self.source.width, self.source.height)
        return before[0] <= self.scaled[0]

    def result(self, data: bytes) -> PrintFile:
        picture = Picture(data, self.spec.mime, *self.spec.full_size)
        engine = self.upscaler.name if self.by_network else "resample"
        return PrintFile(picture, engine, self.factor, *self.own_size)
