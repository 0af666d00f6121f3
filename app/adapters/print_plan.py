"""What a print is made by, decided the same way for every imaging library."""

from __future__ import annotations

from dataclasses import dataclass

from app.core.pictures import Picture, PrintFile, PrintSpec, Raster
from app.core.ports import Upscaler

_WORTH = 1.2  # below this enlargement a network adds nothing that a printer could show
# A 3×3 kernel that sums to 16: light, and cheap in whole numbers.
SHARPEN = ((-1, -1, -1), (-1, 24, -1), (-1, -1, -1))


@dataclass(frozen=True)
class PrintPlan:
    """How one master becomes one print: `factor` is the whole enlargement, by the network or not."""

    spec: PrintSpec
    source: Raster
    upscaler: Upscaler

    @property
    def factor(self) -> float:
        return self.spec.enlargement(self.source.width, self.source.height)

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
        return before[0] <= self.spec.width

    def result(self, data: bytes) -> PrintFile:
        picture = Picture(data, self.spec.mime, self.spec.width, self.spec.height)
        engine = self.upscaler.name if self.by_network else "resample"
        return PrintFile(picture, engine, self.factor, self.source.width, self.source.height)
