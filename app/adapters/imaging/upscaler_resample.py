"""No enlargement of its own: Imaging's resampling does all of it."""

from __future__ import annotations

from collections.abc import Iterator

from app.core.pictures import Raster


class Resample:
    """The upscaler where no network is installed: the picture as it is."""

    name = "resample"
    factor = 1

    def strips(self, raster: Raster) -> Iterator[bytes]:
        """The picture itself, in one piece."""
        yield raster.data
