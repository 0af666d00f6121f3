"""Samples of the suite: together they are what a soak run does."""

from __future__ import annotations

import pytest

from tests import soak

THINGS = list("abcdefg")


@pytest.mark.parametrize("day", [0, 1, 738_000])
@pytest.mark.parametrize("parts", [2, 3, 7])
def test_the_parts_of_a_day_are_all_of_it_and_no_thing_is_in_two(day: int, parts: int) -> None:
    taken = [each for part in range(parts) for each in soak.share(THINGS, part, parts, day=day, all_of_it=False)]
    assert sorted(taken) == THINGS


def test_a_part_is_another_one_the_next_day_and_has_been_all_of_it_in_the_end() -> None:
    days = [soak.share(THINGS, 0, 3, day=day, all_of_it=False) for day in range(3)]
    assert sorted(each for day in days for each in day) == THINGS


def test_of_too_few_things_every_part_takes_all() -> None:
    assert soak.share(["a"], 1, 2, all_of_it=False) == ["a"]


def test_a_soak_run_takes_all() -> None:
    assert soak.share(THINGS, 1, 2, all_of_it=True) == THINGS
