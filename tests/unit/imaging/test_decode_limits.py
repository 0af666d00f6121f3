"""What a photo may take: little for a small one, what it needs for a big one, never more than there is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.adapters.imaging.decode_limits import MB, MOST_MEGABYTES, allowance

MEASURED = [
    pytest.param(0.3, 0.16, 0.13, id="small AVIF"),
    pytest.param(3, 1.55, 0.77, id="noisy AVIF of 3 megapixels"),
    pytest.param(3, 2.84, 0.71, id="noisy HEIC of 3 megapixels"),
    pytest.param(12, 6.16, 3.07, id="noisy AVIF of 12 megapixels"),
    pytest.param(12, 11.35, 2.96, id="noisy HEIC of 12 megapixels"),
    pytest.param(50, 25, 8.8, id="HEIC of 50 megapixels"),
    pytest.param(50, 0.0015, 4.2, id="AVIF of one colour"),
]
"""Megapixels, megabytes, and the seconds of processor time that the slower of develop and samples took, by the slower
engine."""


def test_a_small_photo_may_take_two_seconds_and_250_megabytes() -> None:
    small = allowance(100_000, (640, 480))
    assert 2 <= small.processor_seconds < 2.2
    assert 250 <= small.megabytes < 260


@given(few=st.integers(64, 1000), many=st.integers(1001, 8000), size=st.integers(1, 25 * MB))
def test_a_photo_earns_its_time_by_its_pixels_and_by_its_bytes(few: int, many: int, size: int) -> None:
    small = allowance(size, (few, few)).processor_seconds
    assert allowance(size, (many, few)).processor_seconds > small
    assert allowance(size + MB, (few, few)).processor_seconds > small


def test_a_file_of_a_kilobyte_has_the_time_of_its_pixels() -> None:
    """An AVIF of one colour decodes to 50 megapixels in 4.2 seconds, whatever its bytes."""
    assert allowance(1500, (64, 64)).processor_seconds < 2.1
    assert allowance(1500, (8_160, 6_120)).processor_seconds >= 2 * 4.2


@pytest.mark.parametrize(("megapixels", "megabytes", "seconds"), MEASURED)
def test_good_photos_have_twice_the_time_that_was_measured(megapixels: float, megabytes: float, seconds: float) -> None:
    side = round((megapixels * 1_000_000) ** 0.5)
    assert allowance(round(megabytes * MB), (side, side)).processor_seconds >= 2 * seconds


def test_a_good_photo_of_the_biggest_size_has_twice_the_time_that_was_measured_and_room_for_its_pixels() -> None:
    biggest = allowance(25 * 1024 * 1024, (8_160, 6_120))
    assert biggest.processor_seconds >= 2 * 8.8
    assert 1_000 < biggest.megabytes - 250 < MOST_MEGABYTES


def test_a_photo_whose_size_is_not_known_may_be_the_biggest() -> None:
    assert allowance(1_000, None).megabytes >= allowance(1_000, (8_160, 6_120)).megabytes
