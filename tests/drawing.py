"""What the demo's pictures are drawn by: light as numbers, outlines as masks, colours last."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

from app.core.mockups import Point, Projection, Quad

Plane = NDArray[np.float64]
"""Brightness, 0 to 1, by row and column."""
Colour = tuple[int, int, int]
TALL, WIDE = (1000, 1250), (1200, 960)
FINE = 2
"""Drawn so many times larger, for smooth edges."""


def axes(size: tuple[int, int]) -> tuple[Plane, Plane]:
    """Each pixel's row and column."""
    down, across = np.mgrid[0 : size[1], 0 : size[0]].astype(np.float64)
    return down, across


def noise(size: tuple[int, int], grain: int, seed: int) -> Plane:
    """Smooth chance, 0 to 1, whose bumps are so many pixels wide; always the same."""
    rough = np.random.default_rng(seed).random((size[1] // grain + 2, size[0] // grain + 2))
    return plane(grey(rough).resize(size, Image.Resampling.BICUBIC))


def wood(size: tuple[int, int], seed: int, *, upright: bool) -> Image.Image:
    """Oak: long thin grain."""
    long = (size[1], size[0]) if upright else size
    grain = np.random.default_rng(seed).random((long[1] // 3 + 2, long[0] // 160 + 2))
    lines = plane(grey(grain).resize(long, Image.Resampling.BICUBIC))
    light = 0.84 + 0.22 * lines + 0.05 * (noise(long, 180, seed + 50) - 0.5)
    return tinted(size, (196, 152, 104), light.T if upright else light)


def tinted(size: tuple[int, int], colour: Colour, light: Plane) -> Image.Image:
    return shaded(Image.new("RGB", size, colour), light)


def shaded(picture: Image.Image, light: Plane) -> Image.Image:
    lit = np.asarray(picture, np.float64) * light[..., None]
    return Image.fromarray(np.clip(lit + 0.5, 0, 255).astype(np.uint8))


def coloured(light: Plane, bright: Colour, dark: Colour) -> Image.Image:
    """From one tint to the other."""
    share = light[..., None]
    return Image.fromarray(
        np.clip(share * np.array(bright) + (1 - share) * np.array(dark) + 0.5, 0, 255).astype(np.uint8)
    )


def plane(mask: Image.Image) -> Plane:
    return np.asarray(mask, np.float64) / 255


def grey(light: Plane) -> Image.Image:
    return Image.fromarray((np.clip(light, 0, 1) * 255 + 0.5).astype(np.uint8))


def hard(size: tuple[int, int], outline: Sequence[Point]) -> Image.Image:
    """The inside of an outline."""
    mask = Image.new("L", (size[0] * FINE, size[1] * FINE), 0)
    ImageDraw.Draw(mask).polygon([(x * FINE, y * FINE) for x, y in outline], fill=255)
    return mask.reduce(FINE)


def soft(size: tuple[int, int], outline: Sequence[Point], blur: float) -> Plane:
    return plane(hard(size, outline).filter(ImageFilter.GaussianBlur(blur)))


def stroke(line: Sequence[Point], width: float, aside: float) -> Plane:
    """A soft line, strongest in its middle, moved to the right below by so many pixels."""
    mask, last = Image.new("L", TALL, 0), len(line) - 1
    draw = ImageDraw.Draw(mask)
    for at, (x, y) in enumerate(line):
        radius = max(0.8, width / 2 * math.sin(math.pi * at / last) ** 0.7)
        x, y = x + aside * 0.7, y + aside * 0.7
        draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=255)
        if at:
            draw.line([(line[at - 1][0] + aside * 0.7, line[at - 1][1] + aside * 0.7), (x, y)], 255, round(radius * 2))
    return plane(mask.filter(ImageFilter.GaussianBlur(max(1.0, width * 0.55))))


def bezier(start: Point, bend: Point, end: Point, at: float) -> Point:
    a, b, c = (1 - at) ** 2, 2 * at * (1 - at), at**2
    return a * start[0] + b * bend[0] + c * end[0], a * start[1] + b * bend[1] + c * end[1]


def curve(points: list[Point]) -> list[Point]:
    """Corners made round: a curve through the middles between them."""
    middles = [((a[0] + b[0]) / 2, (a[1] + b[1]) / 2) for a, b in zip(points, points[1:] + points[:1], strict=True)]
    pieces = zip([middles[-1], *middles], points, middles, strict=False)
    return [bezier(start, bend, end, step / 12) for start, bend, end in pieces for step in range(12)]


def bell(values: Plane, middle: float, width: float) -> Plane:
    shape: Plane = np.exp(-(((values - middle) / width) ** 4))
    return shape


def between(values: Plane, low: float, high: float) -> Plane:
    """1 from low to high, 0 elsewhere, with soft ends."""
    up, down = (1 / (1 + np.exp(-60 * apart)) for apart in (values - low, high - values))
    both: Plane = up * down
    return both


def projected(front: Image.Image, quad: Quad) -> tuple[Image.Image, Image.Image]:
    """A flat picture on a quad of the scene, and where it is."""
    back = Projection.of_unit_square(quad).inverse
    a, b, c, d, e, f, g, h, _ = vars(back).values()
    width, height = front.size
    # What is half outside at the edge has the edge's colour.
    below = front.resize((width + 16, height + 16))
    below.paste(front, (8, 8))
    size = (TALL[0] * FINE, TALL[1] * FINE)
    across = (a * width + 8 * g) / FINE, (b * width + 8 * h) / FINE, c * width + 8
    down = (d * height + 8 * g) / FINE, (e * height + 8 * h) / FINE, f * height + 8
    plan = (*across, *down, g / FINE, h / FINE)
    laid = below.transform(size, Image.Transform.PERSPECTIVE, plan, Image.Resampling.BICUBIC)
    return laid.reduce(FINE), hard(TALL, quad)
