"""Samples of pictures that a test has made, cut as every imaging adapter cuts them."""

from __future__ import annotations

import functools

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from app.core.crop_geometry import OVERVIEW_SIDE, Box, fit, patches
from app.core.pictures import Raster, Samples
from app.personalization.photo_metrics import measure
from app.personalization.preflight import Figures


def figures(image: Image.Image) -> Figures:
    small = image.resize(fit(image.size, OVERVIEW_SIDE), Image.Resampling.LANCZOS)
    pieces = [image.crop(box.edges) for box in patches(Box(0, 0, *image.size))]
    return measure(Samples(*image.size, _raster(small), tuple(map(_raster, pieces))))


def blurred(image: Image.Image, sigma: float) -> Image.Image:
    return image.filter(ImageFilter.GaussianBlur(float(sigma))) if sigma else image


def noisy(image: Image.Image, sigma: float, seed: int = 1) -> Image.Image:
    """With grain of so many grey levels, the same in every channel."""
    pixels = np.asarray(image, np.float64)
    grain = np.random.default_rng(seed).normal(0, sigma, pixels.shape[:2])
    return picture(pixels + grain[..., None])


def picture(pixels: NDArray[np.float64]) -> Image.Image:
    return Image.fromarray(pixels.clip(0, 255).round().astype(np.uint8))


def slope(width: int = 900, height: int = 700) -> Image.Image:
    """A smooth wall, lit from one side."""
    down, across = np.mgrid[0:height, 0:width]
    return picture(np.repeat((60 + across / 10 + down / 30)[..., None], 3, axis=2))


@functools.cache
def boxes() -> Image.Image:
    """Grey boxes over each other: edges alone, as sharp as pixels allow."""
    rng, pixels = np.random.default_rng(7), np.full((900, 1200, 3), 128.0)
    for _ in range(400):
        x, y, width, height = rng.integers(0, 1150), rng.integers(0, 850), *rng.integers(20, 200, 2)
        pixels[y : y + height, x : x + width] = rng.integers(30, 226)
    return picture(pixels)


def _raster(image: Image.Image) -> Raster:
    return Raster(image.tobytes(), *image.size)
