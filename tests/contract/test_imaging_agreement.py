"""Imaging adapters agree with each other: a shop that changes its server gets the same pictures."""

from __future__ import annotations

import asyncio
import functools
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


@functools.cache
def _developed(adapter: str, kind: str, size: tuple[int, int], crop: Crop | None = None) -> bytes:
    """Made once for all the pairs that the adapter belongs to."""
    photo = pictures.phone_jpeg() if kind == "phone" else pictures.good(kind)
    return asyncio.run(IMAGINGS[adapter]().develop(photo.data, crop=crop, width=size[0], height=size[1])).data


@functools.cache
def _printed(adapter: str, size: tuple[int, int]) -> bytes:
    work = IMAGINGS[adapter]().print_file(pictures.good("png").data, PrintSpec(*size, format="png"), Resample())
    return asyncio.run(work).picture.data


@pytest.mark.parametrize("pair", PAIRS, ids="-".join)
@pytest.mark.parametrize("kind", KINDS)
def test_adapters_develop_a_photo_to_the_same_pixels(pair: tuple[str, str], kind: str) -> None:
    first, second = (_developed(name, kind, (300, 240), Crop(0.1, 0.05, 0.7, 0.8)) for name in pair)
    _agree(pair, first, second)


@pytest.mark.parametrize("pair", PAIRS, ids="-".join)
@pytest.mark.parametrize("size", [(300, 240), (200, 160), (100, 80)])
def test_adapters_make_a_photo_small_to_the_same_pixels(pair: tuple[str, str], size: tuple[int, int]) -> None:
    first, second = (_developed(name, "jpeg", size) for name in pair)
    _agree(pair, first, second)


@pytest.mark.parametrize("pair", PAIRS, ids="-".join)
def test_adapters_develop_a_phones_photo_to_the_same_pixels(pair: tuple[str, str]) -> None:
    first, second = (_developed(name, "phone", (768, 1024)) for name in pair)
    _agree(pair, first, second)


@pytest.mark.parametrize("pair", PAIRS, ids="-".join)
@pytest.mark.parametrize("size", [(1280, 960), (400, 300)])
def test_adapters_print_the_same_pixels(pair: tuple[str, str], size: tuple[int, int]) -> None:
    """Twice as large as the master, and smaller."""
    first, second = (_printed(name, size) for name in pair)
    _agree(pair, first, second)
