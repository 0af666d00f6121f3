"""Fewer combinations of a test's parameters: each two values of different parameters are together in at least one.

    @pytest.mark.parametrize(("adapter", "kind", "share"), pairwise(ADAPTERS, KINDS, SHARES))

Faults that need three particular values at once are rare, and a soak run has every combination.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations, product
from typing import Any

from tests import soak

Row = tuple[Any, ...]


def pairwise(*factors: Sequence[Any], every: bool = soak.FULL) -> list[Row]:
    """Rows of one value of each factor that have every pair of values; all combinations in a soak run (`every`).

    Greedy: the row with most new pairs comes next, of equals the first, so that the rows are the same each time.
    """
    rows = list(product(*(range(len(factor)) for factor in factors)))
    chosen = rows if every else _chosen(rows)
    return [tuple(factor[at] for factor, at in zip(factors, row, strict=True)) for row in chosen]


def _chosen(rows: list[tuple[int, ...]]) -> list[tuple[int, ...]]:
    pairs = {row: frozenset(combinations(enumerate(row), 2)) for row in rows}
    missing = set[object]().union(*pairs.values())
    chosen = []
    while missing:
        best = max(rows, key=lambda row: len(missing & pairs[row]))
        missing -= pairs[best]
        chosen.append(best)
    return sorted(chosen)
