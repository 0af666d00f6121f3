"""What is measured of a photo is what was done to it."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from PIL import Image

from app.core.crop_geometry import PATCH_SIDE, Box, patches
from tests import soak
from tests.pictures import photograph
from tests.unit.personalization.sample_photos import blurred, boxes, figures, noisy, picture, slope

PHOTOGRAPHS = ("astronaut", "coffee", "chelsea", "rocket")


@pytest.mark.parametrize("sigma", [1, 1.5, 2, 3, 4])
def test_a_blur_is_measured_in_pixels(sigma: float) -> None:
    assert figures(blurred(boxes(), sigma)).blur == pytest.approx(sigma, rel=0.2)


@pytest.mark.parametrize("name", PHOTOGRAPHS)
def test_more_blur_is_never_measured_as_less(name: str) -> None:
    photo = photograph(name)
    found = [figures(blurred(photo, sigma)).blur or 0 for sigma in (0, 1, 2, 4, 8)]
    assert all(after >= before for before, after in pairwise(found)), found
    assert (found[0] < 0.7, found[2] > 1, found[-1] > 3) == (True, True, True), found


@pytest.mark.parametrize("name", ["astronaut", "coffee", "chelsea"])
def test_blur_is_measured_alike_with_less_contrast(name: str) -> None:
    soft = blurred(photograph(name), 2)
    pale = picture(np.asarray(soft, np.float64) * 0.4 + 90)
    assert figures(pale).blur == pytest.approx(figures(soft).blur or 0, abs=0.4)


@pytest.mark.parametrize("name", PHOTOGRAPHS)
def test_grain_does_not_make_a_blurred_photo_sharp(name: str) -> None:
    assert (figures(noisy(blurred(photograph(name), 4), 5)).blur or 0) > 1.5


@pytest.mark.parametrize("name", PHOTOGRAPHS)
def test_a_photo_that_was_shaken_is_not_sharp(name: str) -> None:
    still = np.asarray(photograph(name), np.float64)
    shaken = sum(np.roll(still, step, axis=1) for step in range(15)) / 15
    assert (figures(picture(shaken)).blur or 0) > 0.8


def test_a_sharp_face_before_a_blurred_background_is_sharp() -> None:
    photo = photograph("astronaut")
    portrait = blurred(photo, 8)
    portrait.paste(photo.crop((170, 40, 330, 330)), (170, 40))
    assert (figures(portrait).blur or 0) < 0.7


def test_of_a_plain_wall_nobody_can_tell_whether_it_is_sharp() -> None:
    assert figures(Image.new("RGB", (800, 800), "grey")).blur is None


@pytest.mark.parametrize("sigma", [2, 5, 10, 20])
def test_grain_is_measured_in_grey_levels(sigma: float) -> None:
    assert figures(noisy(slope(), sigma)).noise == pytest.approx(sigma, rel=0.2)


@pytest.mark.parametrize("sigma", [5, 10])
@pytest.mark.parametrize("name", ["astronaut", "coffee"])
def test_grain_is_measured_where_a_photo_is_even(name: str, sigma: float) -> None:
    assert figures(noisy(photograph(name), sigma)).noise == pytest.approx(sigma, rel=0.2)


def test_no_grain_is_measured_where_all_is_white() -> None:
    assert figures(Image.new("RGB", (800, 800), "white")).noise == 0


def test_burnt_out_parts_are_counted() -> None:
    photo = photograph("coffee").copy()
    photo.paste("white", (0, 0, 600, 120))
    assert figures(photo).clipping == pytest.approx(0.3, abs=0.02)


@pytest.mark.parametrize("colour", ["white", "black"])
def test_a_plain_surround_is_not_burnt_out(colour: str) -> None:
    cut_out = Image.new("RGB", (900, 700), colour)
    cut_out.paste(photograph("coffee").resize((300, 200)), (300, 250))
    assert figures(cut_out).clipping < 0.02


@pytest.mark.parametrize(
    ("light", "towards"), [((1, 0.7, 0.25), (0, 1)), ((0.4, 0.6, 1), (0, -1)), ((0.4, 1, 0.4), (-1, 0))]
)
def test_coloured_light_is_seen_as_a_cast(light: tuple[float, ...], towards: tuple[int, int]) -> None:
    """In linear light, as a lamp does it."""
    grey = np.asarray(photograph("astronaut").convert("L").convert("RGB"), np.float64) / 255
    a, b = figures(picture((grey**2.2 * light) ** (1 / 2.2) * 255)).cast
    along = a * towards[0] + b * towards[1]
    assert along > 12
    assert along > 0.6 * np.hypot(a, b)


def test_a_lawn_below_a_cloud_has_no_cast() -> None:
    lawn = Image.new("RGB", (800, 800), (70, 140, 50))
    lawn.paste((235, 236, 238), (0, 0, 800, 250))
    assert np.hypot(*figures(lawn).cast) < 2


@given(some.integers(1, 9000), some.integers(1, 9000))
@settings(max_examples=soak.size(100, 40), deadline=None)
def test_patches_lie_in_the_photo_and_share_rows_and_columns_wholly_or_not_at_all(width: int, height: int) -> None:
    box = Box(7, 11, width, height)
    pieces = patches(box)
    for piece in pieces:
        assert box.left <= piece.left
        assert box.top <= piece.top
        assert piece.left + piece.width <= box.left + width
        assert piece.top + piece.height <= box.top + height
    for tops in ([piece.top for piece in pieces], [piece.left for piece in pieces]):
        levels = sorted(set(tops))
        assert all(after - before >= PATCH_SIDE for before, after in pairwise(levels))
