"""Pairwise parameters leave no pair of values out."""

from __future__ import annotations

from itertools import combinations, product

from tests.pairwise import pairwise

FACTORS = (("pillow", "vips", "cloudflare"), tuple(range(7)), (0.02, 0.3, 0.6, 0.9))


def test_every_two_values_are_together_somewhere() -> None:
    rows = pairwise(*FACTORS, every=False)
    for first, second in combinations(range(len(FACTORS)), 2):
        assert {(row[first], row[second]) for row in rows} == set(product(FACTORS[first], FACTORS[second]))


def test_there_are_far_fewer_rows_than_combinations_and_each_time_the_same() -> None:
    rows = pairwise(*FACTORS, every=False)
    assert len(rows) <= 1.25 * 7 * 4
    assert rows == pairwise(*FACTORS, every=False)


def test_a_soak_run_has_every_combination() -> None:
    assert pairwise(*FACTORS, every=True) == list(product(*FACTORS))
