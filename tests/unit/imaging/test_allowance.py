"""What a photo may take: little for a small one, what it needs for a big one, never more than there is."""

from __future__ import annotations

from app.adapters.allowance import MOST_MEGABYTES, allowance


def test_a_small_photo_may_take_five_seconds_and_250_megabytes() -> None:
    small = allowance(100_000, (640, 480))
    assert 5 <= small.processor_seconds < 5.1
    assert 250 <= small.megabytes < 260


def test_a_good_photo_of_the_biggest_size_has_twice_the_time_that_was_measured_and_room_for_its_pixels() -> None:
    biggest = allowance(25 * 1024 * 1024, (8_160, 6_120))
    assert biggest.processor_seconds >= 2 * 8.8
    assert 1_000 < biggest.megabytes - 250 < MOST_MEGABYTES


def test_a_photo_whose_size_is_not_known_may_be_the_biggest() -> None:
    assert allowance(1_000, None).megabytes >= allowance(1_000, (8_160, 6_120)).megabytes
