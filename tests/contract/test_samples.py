"""Every adapter looks at a photo alike: the same photo is judged alike wherever the app runs."""

from __future__ import annotations

import asyncio
import math
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from app.adapters.compute import ThreadCompute
from app.adapters.imaging.imaging_subprocess import ImagingSubprocess
from app.core.crop_geometry import OVERVIEW_SIDE, cut, patches
from app.core.errors import BadPicture, UnsupportedMedia
from app.core.pictures import WHITE, Crop, Raster, Samples
from app.core.ports.imaging import Imaging
from app.personalization.photo_metrics import measure
from tests import icc, pictures
from tests.contract.imagings import IMAGINGS, IN_THIS_PROCESS
from tests.corpus.talkative import talkative

CROP = Crop(0.1, 0.05, 0.9, 0.9)
ASPECT = (4, 3)
NARROW = icc.profile(((0.50, 0.34), (0.33, 0.45), (0.22, 0.16)), 2.2)
"""Of a printer that has hardly any colours."""


@pytest.fixture(params=IMAGINGS)
def imaging(request: pytest.FixtureRequest) -> Imaging:
    return IMAGINGS[request.param]()


def looked(imaging: Imaging, photo: bytes, crop: Crop | None = CROP) -> Samples:
    return asyncio.run(imaging.samples(photo, crop=crop, aspect=ASPECT, background=WHITE))


def pixels(raster: Raster) -> NDArray[np.int32]:
    return np.frombuffer(raster.data, np.uint8).reshape(raster.height, raster.width, 3).astype(np.int32)


def test_patches_are_the_photos_own_pixels(imaging: Imaging) -> None:
    samples, box = looked(imaging, pictures.good("png").data), cut(pictures.SIZE, CROP, ASPECT)
    assert (samples.width, samples.height) == (box.width, box.height) == (576, 432)
    assert 2 <= len(samples.patches) <= 5
    for found, place in zip(samples.patches, patches(box), strict=False):
        assert np.array_equal(pixels(found), np.asarray(pictures.scene().crop(place.edges), np.int32))


def test_an_overview_shows_all_of_it_small(imaging: Imaging) -> None:
    small = looked(imaging, pictures.good("png").data).overview
    box = cut(pictures.SIZE, CROP, ASPECT)
    wanted = pictures.scene().crop(box.edges).resize((OVERVIEW_SIDE, 72), Image.Resampling.LANCZOS)
    assert np.abs(pixels(small) - np.asarray(wanted, np.int32)).mean() <= 2


@pytest.mark.parametrize("orientation", [3, 6, 7])
def test_patches_are_cut_from_the_upright_photo(imaging: Imaging, orientation: int) -> None:
    samples = looked(imaging, pictures.turned(orientation).data)
    for found, place in zip(samples.patches, patches(cut(pictures.SIZE, CROP, ASPECT)), strict=False):
        assert np.abs(pixels(found) - np.asarray(pictures.scene().crop(place.edges), np.int32)).mean() <= 4


@pytest.mark.parametrize("kind", ["display-p3", "grey-16-bit", "transparent", "heic"])
def test_photos_of_every_kind_are_looked_at_in_their_colours(imaging: Imaging, kind: str) -> None:
    samples = looked(imaging, pictures.good(kind).data)
    scene = pictures.scene().convert("L").convert("RGB") if kind == "grey-16-bit" else pictures.scene().copy()
    if kind == "transparent":
        scene.paste("white", (320, 0, 640, 480))
    place = patches(cut(pictures.SIZE, CROP, ASPECT))[0]
    assert np.abs(pixels(samples.patches[0]) - np.asarray(scene.crop(place.edges), np.int32)).mean() <= 2.5


@pytest.mark.parametrize("fmt", ["jpeg", "png", "webp", "avif", "heic"])
def test_a_photo_is_looked_at_whatever_is_said_in_it(imaging: Imaging, fmt: str) -> None:
    """Also in letters that are not UTF-8, as in a PNG's Latin-1 keywords."""
    assert looked(imaging, talkative(f"{fmt} everything").data).overview.width == OVERVIEW_SIDE


def test_a_small_photo_is_looked_at_in_its_middle(imaging: Imaging) -> None:
    [patch] = looked(imaging, pictures.good("png").data, Crop(0, 0, 0.4, 0.4)).patches
    assert np.array_equal(pixels(patch), np.asarray(pictures.scene().crop((32, 0, 224, 192)), np.int32))


@pytest.mark.parametrize("kind", ["phone", "jpeg", "png", "webp", "avif", "adobe-rgb"])
def test_adapters_measure_a_photo_alike(imaging: Imaging, kind: str) -> None:
    photo = pictures.phone_jpeg().data if kind == "phone" else pictures.good(kind).data
    mine, others = (looked(each, photo) for each in (imaging, IMAGINGS["pillow"]()))
    found, wanted = measure(mine), measure(replace(others, patches=others.patches[: len(mine.patches)]))
    assert (found.width, found.height) == (wanted.width, wanted.height)
    assert found.blur == pytest.approx(wanted.blur or 0, abs=0.5)
    assert found.noise == pytest.approx(wanted.noise, abs=0.7)
    assert found.clipping == pytest.approx(wanted.clipping, abs=0.01)
    assert math.dist(found.cast, wanted.cast) <= 4


@pytest.mark.parametrize("kind", ["text", "truncated", "bomb"])
def test_a_bad_file_is_refused(imaging: Imaging, kind: str) -> None:
    with pytest.raises((UnsupportedMedia, BadPicture)):
        looked(imaging, pictures.bad(kind).data)


@pytest.mark.parametrize("engine", ["pillow", "vips"])
def test_a_process_apart_looks_at_a_photo_as_it_is_looked_at_here(engine: str) -> None:
    here, apart = IMAGINGS[engine](), ImagingSubprocess(engine, ThreadCompute())
    try:
        assert looked(apart, pictures.turned(6).data) == looked(here, pictures.turned(6).data)
        with pytest.raises(UnsupportedMedia):
            looked(apart, pictures.bad("text").data)
    finally:
        asyncio.run(apart.close())


@pytest.mark.parametrize("name", IN_THIS_PROCESS)
@pytest.mark.parametrize(("colour", "lost"), [("white", 0), ("black", 0), ("grey", 0), ("red", 1), ("lime", 1)])
def test_colours_that_a_printer_lacks_are_counted(name: str, colour: str, lost: int) -> None:
    plain = pictures.encoded(Image.new("RGB", (64, 64), colour), "PNG")
    imaging = IMAGINGS[name]()
    assert asyncio.run(imaging.out_of_gamut(plain, NARROW, "relative")) == lost
    assert asyncio.run(imaging.out_of_gamut(plain, icc.DISPLAY_P3, "relative")) == 0


def test_nothing_is_said_of_a_profile_that_prints_nothing(imaging: Imaging) -> None:
    photo = pictures.good("png").data
    assert asyncio.run(imaging.out_of_gamut(photo, b"no profile", "perceptual")) is None
    assert (
        asyncio.run(imaging.out_of_gamut(photo, icc.INKS, "relative")) is None
    )  # it says how inks look, not which to use
