"""Imaging adapters agree with each other: a shop that changes its server gets the same pictures."""

from __future__ import annotations

import asyncio
import io
from itertools import combinations

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from app.adapters.imaging.upscaler_resample import Resample
from app.core.pictures import Crop, PrintSpec
from tests import pictures
from tests.contract.imagings import IMAGINGS

PAIRS = list(combinations(IMAGINGS, 2))
# Without a profile CMYK means no colour in particular; libvips assumes a press, Pillow plain arithmetic.
KINDS = [kind for kind in pictures.GOOD_KINDS if kind != "cmyk"]


def _agree(pair: tuple[str, str], first: bytes, second: bytes) -> None:
    """Where both are ours, by the figures of a print; the stand-in for Cloudflare's service resizes in its own way."""
    from skimage.metrics import structural_similarity

    a, b = (_pixels(each) for each in (first, second))
    ours, differences = "cloudflare" not in pair, np.abs(a - b)
    assert differences.mean() <= (1 if ours else 1.5)
    assert not ours or np.percentile(differences, 99) <= 6
    assert structural_similarity(a.mean(axis=2), b.mean(axis=2), data_range=255) >= 0.98


def _pixels(encoded: bytes) -> NDArray[np.int32]:
    with Image.open(io.BytesIO(encoded)) as image:
        return np.asarray(image.convert("RGB"), np.int32)


@pytest.mark.parametrize("pair", PAIRS, ids="-".join)
@pytest.mark.parametrize("kind", KINDS)
def test_adapters_develop_a_photo_to_the_same_pixels(pair: tuple[str, str], kind: str) -> None:
    crop = Crop(0.1, 0.05, 0.7, 0.8)
    first, second = (
        asyncio.run(IMAGINGS[name]().develop(pictures.good(kind).data, crop=crop, width=300, height=240)).data
        for name in pair
    )
    _agree(pair, first, second)


@pytest.mark.parametrize("pair", PAIRS, ids="-".join)
@pytest.mark.parametrize("size", [(300, 240), (200, 160), (100, 80)])
def test_adapters_make_a_photo_small_to_the_same_pixels(pair: tuple[str, str], size: tuple[int, int]) -> None:
    width, height = size
    photo = pictures.good("jpeg").data
    first, second = (
        asyncio.run(IMAGINGS[name]().develop(photo, crop=None, width=width, height=height)).data for name in pair
    )
    _agree(pair, first, second)


@pytest.mark.parametrize("pair", PAIRS, ids="-".join)
def test_adapters_develop_a_phones_photo_to_the_same_pixels(pair: tuple[str, str]) -> None:
    photo = pictures.phone_jpeg().data
    first, second = (
        asyncio.run(IMAGINGS[name]().develop(photo, crop=None, width=768, height=1024)).data for name in pair
    )
    _agree(pair, first, second)


@pytest.mark.parametrize("pair", PAIRS, ids="-".join)
@pytest.mark.parametrize("size", [(1920, 1440), (400, 300)])
def test_adapters_print_the_same_pixels(pair: tuple[str, str], size: tuple[int, int]) -> None:
    spec = PrintSpec(*size, format="png")
    first, second = (
        asyncio.run(IMAGINGS[name]().print_file(pictures.good("png").data, spec, Resample())).picture.data
        for name in pair
    )
    _agree(pair, first, second)
