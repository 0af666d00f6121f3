"""Photo metrics, measured on small samples of a photo. Pure Python: it also runs where there is no imaging library.

Sums of squares use math.dist, which is implemented in C.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

from app.core.pictures import Raster, Samples
from app.personalization.preflight import Figures

Rows = Sequence[Sequence[int]]
"""Brightness, 0 to 255, row by row."""

_BLOCK = 24  # pixels per side: small enough to fit between details, large enough for a stable estimate
_FLATTEST = 0.1  # the share of blocks that are assumed to contain only noise
_MID_TONES = (16, 240)  # outside these levels, a sensor's noise is clipped
_DISTANCES = (2, 4, 8)  # pixels: each can measure blur up to one and a half times as wide
_WIDEST = 40.0  # pixels: anything more blurred has no edges to measure
_QUIET = 1.0  # grey levels of noise that do not disturb the measurement of slopes
_LEAST_SLOPE = 0.25  # grey levels per pixel, squared: a patch with less has no edges
_BURNT, _BLACK = 253, 2  # JPEG leaves a few levels of ripple
_BACKGROUND = 0.6  # of the border: a plain white or black background is intended


def measure(samples: Samples) -> Figures:
    patches = [_brightness(patch) for patch in samples.patches]
    noise = _noise(patches)
    return Figures(
        samples.width,
        samples.height,
        _blur(patches, noise),
        round(noise, 2),
        round(_clipping(samples.overview), 4),
        _cast(samples.overview),
    )


def _brightness(raster: Raster) -> Rows:
    """Rec. 601 luma, as in JPEG."""
    data, width = raster.data, raster.width
    luma = [
        (299 * r + 587 * g + 114 * b + 500) // 1000 for r, g, b in zip(*(data[at::3] for at in range(3)), strict=True)
    ]
    return [luma[at : at + width] for at in range(0, len(luma), width)]


def _noise(patches: Sequence[Rows]) -> float:
    """The standard deviation in grey levels in the flattest blocks, since textures and edges would count as noise.

    Uses the difference of two Laplacians, which ignores slopes; its standard deviation is six times that of the noise.
    J. Immerkær, Fast noise variance estimation, CVIU 64 (1996). 0 if no block has middle tones.
    """
    found = sorted(noise for patch in patches for noise in _block_noises(patch))
    return found[int(len(found) * _FLATTEST)] if found else 0.0


def _block_noises(rows: Rows) -> list[float]:
    found = []
    for top in range(0, len(rows) - _BLOCK + 1, _BLOCK):
        first = _BLOCK * (top // _BLOCK % 2)  # every second block, like a chessboard: half of them are enough
        for left in range(first, len(rows[0]) - _BLOCK + 1, 2 * _BLOCK):
            block = [row[left : left + _BLOCK] for row in rows[top : top + _BLOCK]]
            if _MID_TONES[0] < sum(map(sum, block)) / _BLOCK**2 < _MID_TONES[1]:
                found.append(_block_noise(block))
    return found


def _block_noise(block: Rows) -> float:
    bends = [
        [above - 2 * here + below for above, here, below in zip(*three, strict=True)]
        for three in zip(block, block[1:], block[2:], strict=False)
    ]
    squares = 0.0
    for row in bends:
        steps = [after - before for before, after in pairwise(row)]
        squares += math.dist(steps[1:], steps[:-1]) ** 2
    return math.sqrt(squares / (36 * (_BLOCK - 2) ** 2))


def _blur(patches: Sequence[Rows], noise: float) -> float | None:
    """Sigma in pixels of the sharpest patch, so that a blurred background does not count; None if all are flat."""
    found = [blur for blur in (_patch_blur(patch, noise) for patch in patches) if blur is not None]
    return round(min(found), 2) if found else None


def _patch_blur(rows: Rows, noise: float) -> float | None:
    """The worse of both directions: a photo with camera shake is sharp in one of them."""
    found = [_axis_blur(axis, noise) for axis in (rows, list(zip(*rows, strict=True)))]
    return max((blur for blur in found if blur is not None), default=None)


def _axis_blur(rows: Rows, noise: float) -> float | None:
    """Sigma in pixels, from slopes over two to eight pixels; wider ones are used if blur or noise requires it."""
    least: float | None = None
    for near in _DISTANCES:
        most = 1.5 * near
        blur = _blur_between(rows, noise, near, 4 * near)
        if blur is None:
            continue
        # A pattern that repeats every 4 * near pixels looks flat over that distance, so half of it is measured too.
        blur = max(blur, least or 0, min(_blur_between(rows, noise, near, 2 * near) or 0, most))
        if blur < most:
            return blur
        least = most
    return least


def _blur_between(rows: Rows, noise: float, near: int, far: int) -> float | None:
    """Sigma in pixels, from the ratio of slopes over `near` pixels to slopes over `far`; contrast cancels out.

    An edge blurred by s and measured over a distance d looks like one blurred by sqrt(s² + d²/12), and the mean square
    of its slope is proportional to the inverse of that. After S. Zhuo and T. Sim, Defocus map estimation from a single
    image, Pattern Recognition 44 (2011), with means instead of single edges. None if nothing is steep, or noise is too
    strong.
    """
    if len(rows[0]) <= far:
        return None
    of_noise, coarse = 2 * (noise / near) ** 2, _slope(rows, far) - 2 * (noise / far) ** 2
    fine = _slope(rows, near) - of_noise
    if coarse < _LEAST_SLOPE or (2 * of_noise > fine and noise > _QUIET):
        return None
    ratio = (max(fine, 0) / coarse) ** 2
    if ratio <= 1:
        return _WIDEST
    variance = (far**2 - near**2 * ratio) / 12 / (ratio - 1)
    return min(math.sqrt(max(variance, 0)), _WIDEST)


def _slope(rows: Rows, distance: int) -> float:
    """The mean square of slopes along the rows, in grey levels per pixel."""
    squares = sum(math.dist(row[distance:], row[:-distance]) ** 2 for row in rows)
    return squares / (len(rows) * (len(rows[0]) - distance)) / distance**2


def _clipping(overview: Raster) -> float:
    """The share of pixels that are blown out (at least two channels full) or black, without such a background."""
    pixels = list(zip(*(overview.data[at::3] for at in range(3)), strict=True))
    burnt = [sorted(pixel)[1] >= _BURNT for pixel in pixels]
    black = [max(pixel) <= _BLACK for pixel in pixels]
    return sum(sum(kind) for kind in (burnt, black) if not _surrounds(kind, overview.width)) / len(pixels)


def _surrounds(kind: Sequence[bool], width: int) -> bool:
    border = [*kind[:width], *kind[-width:], *kind[::width], *kind[width - 1 :: width]]
    return sum(border) > _BACKGROUND * len(border)


def _cast(overview: Raster) -> tuple[float, float]:
    """The colour cast: a and b of CIELAB (D65).

    The direction is that of the brightest parts, whose colour comes from the light; the distance is at most that of the
    least coloured parts. There is a cast only if nothing is close to grey: a lawn below a white cloud has none.
    """
    channels = [overview.data[at::6] for at in range(3)]  # every second pixel
    colours = [_lab(*pixel) for pixel in zip(*channels, strict=False) if max(pixel) < 250]
    light = sorted(colour for colour in colours if colour[0] > 40)
    if not light:
        return 0.0, 0.0
    brightest = light[-max(1, len(light) // 20) :]
    a, b = (sorted(colour[at] for colour in brightest)[len(brightest) // 2] for at in (1, 2))
    distances = sorted(math.hypot(colour[1], colour[2]) for colour in light)
    length = math.hypot(a, b)
    share = min(1.0, distances[len(distances) // 20] / length) if length else 0.0
    return round(a * share, 1), round(b * share, 1)


def _lab(red: int, green: int, blue: int) -> tuple[float, float, float]:
    """CIELAB of an sRGB colour (IEC 61966-2-1, white D65)."""
    r, g, b = _LINEAR[red], _LINEAR[green], _LINEAR[blue]
    x = _root((0.4124 * r + 0.3576 * g + 0.1805 * b) / 0.9505)
    y = _root(0.2126 * r + 0.7152 * g + 0.0722 * b)
    z = _root((0.0193 * r + 0.1192 * g + 0.9505 * b) / 1.089)
    return 116 * y - 16, 500 * (x - y), 200 * (y - z)


def _root(share: float) -> float:
    return share ** (1 / 3) if share > 0.008856 else 7.787 * share + 16 / 116


_LINEAR = [level / 3294.6 if level <= 10 else ((level / 255 + 0.055) / 1.055) ** 2.4 for level in range(256)]
