"""The Upscaler port on SPAN ×4 (Swift Parameter-free Attention Network, arXiv 2311.12770) with ncnn, in strips.

Tiles are small and each uses one thread, so no thread waits for another; two threads per tile took 1.7 times as long.
On two cores of an EPYC 7003, 1.5 megapixels take 12 to 14 s of processor time. Without the Winograd algorithm, which
saves most multiplications, those alone would take as long: 1.26e12 at 85e9 per second and core.
"""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from app.adapters.imaging import span_faults, span_network
from app.core.pictures import Raster, Tiles

if TYPE_CHECKING:
    from app.adapters.imaging.span_network import Network

_TILE = 64  # rows and columns of the photo in one tile
_OVERLAP = 4  # pixels on every side that are computed twice; the smallest number without visible seams
_WINDOW = _TILE + 2 * _OVERLAP
_THREADS = min(4, os.cpu_count() or 1)  # each takes about 30 MB


class Span:
    """Enlarges four times while staying faithful to the photo: it sharpens edges but invents no faces."""

    name = "span-x4"
    factor = span_faults.FACTOR

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._network: Network | None = None

    @staticmethod
    def available() -> bool:
        """Return True if ncnn, numpy and the weights are installed."""
        return span_network.available()

    def strips(self, raster: Raster) -> SpanStrips:
        """Enlarge a picture in strips of whole rows. The first strip raises Unavailable if the weights are missing."""
        return SpanStrips(self._load, raster)

    def _load(self) -> Network:
        with self._lock:
            if self._network is None:
                self._network = span_network.Network()
            return self._network


def windows(height: int, width: int) -> Iterator[tuple[slice, slice]]:
    """Yield the windows of a picture that the network processes, one per tile, as row and column slices."""
    for down in _spans(height):
        for across in _spans(width):
            top, left = _around(down, height), _around(across, width)
            yield slice(top, top + _WINDOW), slice(left, left + _WINDOW)


@dataclass(frozen=True)
class _Band:
    """An enlarged row of tiles: its rows of the picture, its 8-bit RGB pixels, and the mask of faults in those rows."""

    rows: range
    pixels: Any
    faults: Any


class SpanStrips:
    """The strips of one picture. `tiles` counts those that have been made so far."""

    def __init__(self, load: Callable[[], Network], raster: Raster) -> None:
        import numpy as np

        self.tiles = Tiles()
        self._load = load
        self._rows = np.frombuffer(raster.data, np.uint8).reshape(raster.height, raster.width, 3)
        self._iterator = self._strips()

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        return next(self._iterator)

    def _strips(self) -> Iterator[bytes]:
        """Yield each band after the next one is made, since a fault near its edge affects both."""
        recent: deque[_Band] = deque(maxlen=3)
        for band in self._bands(self._load()):
            recent.append(band)
            if len(recent) > 1:
                yield self._repair(recent, -2)
        yield self._repair(recent, -1)

    def _bands(self, network: Network) -> Iterator[_Band]:
        height, width, _ = self._rows.shape
        under_way: deque[tuple[range, list[Future[Any]]]] = deque()
        with ThreadPoolExecutor(_THREADS, thread_name_prefix="span") as pool:
            try:
                for down in _spans(height):
                    tiles = [pool.submit(self._tile, network, down, across) for across in _spans(width)]
                    under_way.append((down, tiles))
                    if len(under_way) == 2:  # so that no thread waits for a band's last tile
                        yield self._join(*under_way.popleft())
                for down, tiles in under_way:
                    yield self._join(down, tiles)
            finally:
                pool.shutdown(cancel_futures=True)

    def _tile(self, network: Network, down: range, across: range) -> tuple[Any, Any]:
        """Enlarge a tile together with its surroundings, which are then cropped. Returns its pixels and faults."""
        height, width, _ = self._rows.shape
        top, left = _around(down, height), _around(across, width)
        window = self._rows[top : top + _WINDOW, left : left + _WINDOW]
        pixels, faults = span_faults.pixels_and_faults(network.enlarge(window), window)
        y, x, factor = down.start - top, across.start - left, span_faults.FACTOR
        pixels = pixels[:, y * factor : (y + len(down)) * factor, x * factor : (x + len(across)) * factor]
        return pixels.transpose(1, 2, 0), None if faults is None else faults[y : y + len(down), x : x + len(across)]

    def _join(self, down: range, tiles: list[Future[Any]]) -> _Band:
        import numpy as np

        made = [tile.result() for tile in tiles]
        faults = np.zeros((len(down), self._rows.shape[1]), bool)
        fell_back = 0
        for across, (_, found) in zip(_spans(self._rows.shape[1]), made, strict=True):
            if found is not None and found.any():
                faults[:, across.start : across.stop] = found
                fell_back += 1
        self.tiles += Tiles(len(made), fell_back)
        return _Band(down, np.concatenate([pixels for pixels, _ in made], 1), faults)

    def _repair(self, recent: deque[_Band], at: int) -> bytes:
        import numpy as np

        band, faults = recent[at], np.concatenate([each.faults for each in recent])
        pixels = band.pixels
        if faults.any():
            pixels = span_faults.repair(pixels, self._rows, band.rows.start, faults, recent[0].rows.start)
        made: bytes = pixels.tobytes()
        return made


def _spans(size: int) -> list[range]:
    return [range(start, min(start + _TILE, size)) for start in range(0, size, _TILE)]


def _around(span: range, size: int) -> int:
    """The start of a tile's window. All windows have the same size, since ncnn keeps memory for every size."""
    return max(0, min(span.start - _OVERLAP, size - _WINDOW))
