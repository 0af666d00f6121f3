"""Cutting and fitting, in whole pixels."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from app.core.crop_geometry import Box, cut, fit, no_larger, unturned
from app.core.pictures import Crop

SIDES = st.integers(1, 12_000)
SHARES = st.floats(0, 1)


def test_neighbouring_crops_meet_without_a_gap() -> None:
    left = cut((1001, 700), Crop(0, 0, 1 / 3, 1), (334, 700))
    right = cut((1001, 700), Crop(1 / 3, 0, 2 / 3, 1), (667, 700))
    assert left.edges == (0, 0, 334, 700)
    assert right.edges == (334, 0, 1001, 700)


@given(SIDES, SIDES, SHARES, SHARES, SHARES, SHARES, SIDES, SIDES)
def test_a_cut_is_never_empty_and_never_outside(
    width: int, height: int, x: float, y: float, across: float, down: float, aspect_x: int, aspect_y: int
) -> None:
    box = cut((width, height), Crop(x, y, across, down), (aspect_x, aspect_y))
    left, top, right, bottom = box.edges
    assert 0 <= left < right <= width
    assert 0 <= top < bottom <= height


@given(SIDES, SIDES, SIDES, SIDES)
def test_a_cut_of_the_whole_has_the_aspect_to_the_pixel(width: int, height: int, aspect_x: int, aspect_y: int) -> None:
    box = cut((width, height), None, (aspect_x, aspect_y))
    off_x = abs(box.width - box.height * aspect_x / aspect_y)
    off_y = abs(box.height - box.width * aspect_y / aspect_x)
    assert min(off_x, off_y) <= 1
    assert box.width == width or box.height == height


@given(SIDES, SIDES, SIDES)
def test_a_fit_stays_within_the_side_and_never_grows(width: int, height: int, side: int) -> None:
    fitted = fit((width, height), side)
    assert max(fitted) <= max(side, 1)
    assert fitted[0] <= width
    assert fitted[1] <= height


def test_nothing_is_enlarged() -> None:
    assert no_larger(Box(0, 0, 800, 600), 400, 300) == (400, 300)
    assert no_larger(Box(0, 0, 800, 600), 1600, 1200) == (800, 600)


def test_a_box_of_the_upright_picture_is_found_in_the_stored_one() -> None:
    corner = Box(0, 0, 10, 20)  # top left of an upright picture of 300 x 400
    assert unturned(corner, (300, 400), 1) == Box(0, 0, 10, 20)
    assert unturned(corner, (300, 400), 3) == Box(290, 380, 10, 20)
    assert unturned(corner, (400, 300), 6) == Box(0, 290, 20, 10)
    assert unturned(corner, (400, 300), 8) == Box(380, 0, 20, 10)
