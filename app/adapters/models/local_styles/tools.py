"""Image operations for the styles: blurs, flattening, noise, halftone screens and lines. Values range from 0 to 1.

Lengths are fractions of the picture's longer side, so that a style looks the same at any size. Random numbers come
from a fixed seed, so that the same photo always gives the same picture.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Plane = NDArray[np.floating[Any]]  # (height, width)
Pixels = NDArray[np.floating[Any]]  # (height, width, 3)

Ink = tuple[float, float, float]
_SEED = 7


def blur(values: Plane, share: float) -> Plane:
    """Approximate a Gaussian blur by three box blurs. `share` is the radius as a fraction of the longer side."""
    radius = max(1, round(max(values.shape[:2]) * share))
    for _ in range(3):
        values = _box(_box(values, radius, 0), radius, 1)
    return values


def flatten(photo: Pixels, share: float) -> Pixels:
    """Kuwahara filter: each pixel becomes the mean of the least varying of four squares around it. Edges are kept."""
    radius = max(1, round(max(photo.shape[:2]) * share))
    half = max(1, radius // 2)
    light = luma(photo)
    mean: Plane = photo
    spread: Plane = light * light
    for axis in (0, 1):
        mean, light, spread = (_box(each, half, axis) for each in (mean, light, spread))
    spread = spread - light * light
    best: Plane = np.full(spread.shape, np.inf, np.float32)
    result = mean
    for down in (-half, half):
        for across in (-half, half):
            there = _shift(spread, down, across)
            calmer = there < best
            best = np.where(calmer, there, best)
            result = np.where(calmer[..., None], _shift(mean, down, across), result)
    return result


def resize(photo: Pixels, size: tuple[int, int]) -> Pixels:
    """Resize a photo to `size`, its width and height in pixels."""
    image = Image.fromarray((photo * 255 + 0.5).astype(np.uint8))
    return np.asarray(image.resize(size, Image.Resampling.LANCZOS), np.float32) / 255


def unit(values: Plane) -> Plane:
    """Clip values to the range from 0 to 1."""
    kept: Plane = np.clip(values, 0, 1)
    return kept


def luma(photo: Pixels) -> Plane:
    """The luma of a photo (ITU-R BT.601)."""
    weighed: Plane = photo[..., 0] * 0.299 + photo[..., 1] * 0.587 + photo[..., 2] * 0.114
    return weighed


def contrast(light: Plane) -> Plane:
    """Stretch the contrast so that 2 % of the pixels become black and 2 % white."""
    low, high = np.percentile(light[::4, ::4], (2, 98))
    return unit((light - low) / max(high - low, 0.05))


def vivid(photo: Pixels, times: float) -> Pixels:
    """Multiply the distance of each colour from grey by `times`."""
    grey = luma(photo)[..., None]
    return unit(grey + (photo - grey) * times)


def between(values: Plane, dark: Ink, white: Ink) -> Pixels:
    """Interpolate between a dark ink (value 0) and a light one (value 1)."""
    first, last = np.asarray(dark, np.float32), np.asarray(white, np.float32)
    return first + (last - first) * values[..., None]


def grain(shape: tuple[int, ...], share: float) -> Plane:
    """Smooth noise from -1 to 1 around 0. `share` is the grain size as a fraction of the longer side."""
    noise = blur(np.random.default_rng(_SEED).standard_normal(shape[:2], np.float32), share)
    return 2 * unit(noise / (4 * noise.std()) + 0.5) - 1


def screen(shape: tuple[int, ...], share: float) -> Plane:
    """Halftone thresholds from 0 to 1, for round dots in a grid at 45 degrees."""
    step = np.pi / max(3.0, max(shape) * share)
    down, across = np.mgrid[: shape[0], : shape[1]].astype(np.float32)
    return unit((np.sin((across + down) * step) * np.sin((across - down) * step) + 1) / 2)


def hatching(shape: tuple[int, ...]) -> Plane:
    """Slanted, slightly uneven strokes, from 0 to 1."""
    step = 2 * np.pi / max(4.0, max(shape) * 0.0055)
    down, across = np.mgrid[: shape[0], : shape[1]].astype(np.float32)
    return unit((np.sin((across * 0.8 + down) * step + 2 * grain(shape, 0.01)) + 1) / 2)


def ink_lines(light: Plane) -> Plane:
    """A mask of dark lines: a sharpened difference of two blurs (XDoG), 1 on lines and 0 elsewhere."""
    lines = blur(light, 0.003) - blur(light, 0.001)
    return unit((lines - 0.035) * 30)


def wet_edge(shape: tuple[int, ...]) -> Plane:
    """A mask with an irregular, brush-like edge: 1 inside and 0 along the border."""
    down, across = np.mgrid[: shape[0], : shape[1]].astype(np.float32)
    side = max(shape)
    inner = np.minimum.reduce([down, across, shape[0] - 1 - down, shape[1] - 1 - across]) / side
    return unit((inner + 0.012 * grain(shape, 0.03) - 0.02) * 120)


def _box(values: Plane, radius: int, axis: int) -> Plane:
    """The mean of 2 * radius + 1 neighbours along one axis, using cumulative sums. Edge values are repeated."""
    padding = [(0, 0)] * values.ndim
    padding[axis] = (radius + 1, radius)
    sums = np.cumsum(np.pad(values, padding, mode="edge"), axis=axis, dtype=np.float64)
    width = 2 * radius + 1
    upper, lower = [slice(None)] * values.ndim, [slice(None)] * values.ndim
    upper[axis], lower[axis] = slice(width, None), slice(None, -width)
    return ((sums[tuple(upper)] - sums[tuple(lower)]) / width).astype(np.float32)


def _shift(values: Plane, down: int, across: int) -> Plane:
    rows = np.clip(np.arange(values.shape[0]) + down, 0, values.shape[0] - 1)
    columns = np.clip(np.arange(values.shape[1]) + across, 0, values.shape[1] - 1)
    return values[rows][:, columns]
