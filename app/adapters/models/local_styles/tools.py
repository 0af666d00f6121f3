"""What the looks are made with: blurs, flat areas, noise, screens, lines. Numbers are 0 to 1, shares of white.

Lengths are shares of the picture's longer side, so that a look is the same at any size. Chance comes from a
fixed seed: the same photo always gives the same picture.
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
    """Gaussian-like: three box blurs; `share` is the radius as a share of the longer side."""
    radius = max(1, round(max(values.shape[:2]) * share))
    for _ in range(3):
        values = _box(_box(values, radius, 0), radius, 1)
    return values


def flatten(photo: Pixels, share: float) -> Pixels:
    """Kuwahara's filter: each pixel takes the mean of the calmest of four squares around it. Edges stay."""
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
    """To width × height."""
    image = Image.fromarray((photo * 255 + 0.5).astype(np.uint8))
    return np.asarray(image.resize(size, Image.Resampling.LANCZOS), np.float32) / 255


def unit(values: Plane) -> Plane:
    """Kept within 0 and 1."""
    kept: Plane = np.clip(values, 0, 1)
    return kept


def luma(photo: Pixels) -> Plane:
    """Luma, Rec. 601."""
    weighed: Plane = photo[..., 0] * 0.299 + photo[..., 1] * 0.587 + photo[..., 2] * 0.114
    return weighed


def contrast(light: Plane) -> Plane:
    """Stretched so that two in a hundred pixels are black, and as many white."""
    low, high = np.percentile(light[::4, ::4], (2, 98))
    return unit((light - low) / max(high - low, 0.05))


def vivid(photo: Pixels, times: float) -> Pixels:
    """Colours that many times as far from grey."""
    grey = luma(photo)[..., None]
    return unit(grey + (photo - grey) * times)


def between(values: Plane, dark: Ink, white: Ink) -> Pixels:
    """Values as colours on the way from a dark ink to a light one."""
    first, last = np.asarray(dark, np.float32), np.asarray(white, np.float32)
    return first + (last - first) * values[..., None]


def grain(shape: tuple[int, ...], share: float) -> Plane:
    """Smooth noise around 0, within -1 to 1, its grains a share of the longer side."""
    noise = blur(np.random.default_rng(_SEED).standard_normal(shape[:2], np.float32), share)
    return 2 * unit(noise / (4 * noise.std()) + 0.5) - 1


def screen(shape: tuple[int, ...], share: float) -> Plane:
    """A halftone's thresholds, 0 to 1: round dots in a grid at 45 degrees."""
    step = np.pi / max(3.0, max(shape) * share)
    down, across = np.mgrid[: shape[0], : shape[1]].astype(np.float32)
    return unit((np.sin((across + down) * step) * np.sin((across - down) * step) + 1) / 2)


def hatching(shape: tuple[int, ...]) -> Plane:
    """Slanted strokes, 0 to 1, a little uneven."""
    step = 2 * np.pi / max(4.0, max(shape) * 0.0055)
    down, across = np.mgrid[: shape[0], : shape[1]].astype(np.float32)
    return unit((np.sin((across * 0.8 + down) * step + 2 * grain(shape, 0.01)) + 1) / 2)


def ink_lines(light: Plane) -> Plane:
    """1 on dark lines, 0 elsewhere: a difference of two blurs, hardened (XDoG)."""
    lines = blur(light, 0.003) - blur(light, 0.001)
    return unit((lines - 0.035) * 30)


def wet_edge(shape: tuple[int, ...]) -> Plane:
    """1 inside, 0 along the border, wavering as a brush does."""
    down, across = np.mgrid[: shape[0], : shape[1]].astype(np.float32)
    side = max(shape)
    inner = np.minimum.reduce([down, across, shape[0] - 1 - down, shape[1] - 1 - across]) / side
    return unit((inner + 0.012 * grain(shape, 0.03) - 0.02) * 120)


def _box(values: Plane, radius: int, axis: int) -> Plane:
    """The mean over 2 * radius + 1 neighbours along one axis, by running sums; edges are repeated."""
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
