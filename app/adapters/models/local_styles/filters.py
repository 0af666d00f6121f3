"""The styles that are computed with filters: pencil, watercolour, pop art and pixels.

Each function takes and returns an array of shape (height, width, 3) with values from 0 to 1.
"""

from __future__ import annotations

import numpy as np

from app.adapters.models.local_styles.tools import (
    Ink,
    Pixels,
    between,
    blur,
    contrast,
    flatten,
    grain,
    hatching,
    ink_lines,
    luma,
    resize,
    screen,
    unit,
    vivid,
    wet_edge,
)

_GRAPHITE: Ink = (0.16, 0.16, 0.19)
_PAPER: Ink = (0.985, 0.975, 0.95)
_POP = ((0.09, 0.06, 0.28), (0.11, 0.33, 0.80), (0.93, 0.20, 0.42), (1.0, 0.80, 0.18), (1.0, 0.97, 0.88))


def pencil(photo: Pixels) -> Pixels:
    """Graphite. Dividing a photo by its blurred copy leaves lines and soft shades (colour dodge)."""
    light = luma(photo)
    lines = light / np.maximum(blur(light, 0.006), 0.02)
    fine = light / np.maximum(blur(light, 0.0015), 0.02)
    tone = contrast(blur(light, 0.001))
    drawn = unit(lines) ** 1.8 * unit(fine) ** 1.5 * (0.55 + 0.45 * tone**0.8)
    hatched = drawn * (1 - 0.16 * hatching(light.shape) * (1 - tone))
    dust = 1 + 0.07 * grain(light.shape, 0.0008) * (1.2 - tone)
    return between(unit(hatched * dust), _GRAPHITE, _PAPER)


def watercolour(photo: Pixels) -> Pixels:
    """Flat washes with dark rims and granulation, on paper that stays white along the border."""
    wash = flatten(flatten(photo, 0.007), 0.004)
    soft = blur(wash, 0.0012)
    rims = unit(blur(luma(wash), 0.004) - luma(soft))[..., None]
    pigment = (1 - soft) * (1 + 0.2 * grain(soft.shape[:2], 0.025)[..., None])
    pigment = pigment * (0.97 + 0.06 * grain(soft.shape[:2], 0.001)[..., None]) + 2 * rims * (1 - soft)
    painted = vivid(1 - 0.84 * unit(pigment) ** 1.15, 1.6)
    edge = wet_edge(soft.shape[:2])[..., None]
    return unit(painted * edge + np.asarray(_PAPER, np.float32) * (1 - edge))


def pop_art(photo: Pixels) -> Pixels:
    """Five inks from dark to light, a halftone screen at 45 degrees between neighbours, and black lines on top."""
    light = contrast(luma(flatten(photo, 0.004)))
    steps = np.clip(light, 0, 0.999) * (len(_POP) - 1)
    lower = steps.astype(np.intp)
    part = unit((steps - lower - 0.15) / 0.7)  # flat ink near both ends of a step
    dots = unit((part - screen(light.shape, 0.0075)) * 9 + 0.5)[..., None]
    inks = np.asarray(_POP, np.float32)
    printed = inks[lower] * (1 - dots) + inks[lower + 1] * dots
    return printed * (1 - ink_lines(luma(photo))[..., None])


def pixels(photo: Pixels) -> Pixels:
    """Square blocks of one colour each, from a small palette, with hard edges."""
    height, width = photo.shape[:2]
    side = max(1, round(max(height, width) / 110))
    small = vivid(resize(photo, (max(1, width // side), max(1, height // side))), 1.4)
    few = np.round(small * 7) / 7
    rows = np.arange(height) * few.shape[0] // height
    blocks: Pixels = few[rows][:, np.arange(width) * few.shape[1] // width]
    return blocks
