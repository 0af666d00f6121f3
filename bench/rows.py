"""The result of a benchmark: one line of the table, with our figure and that of a peer from the same run."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """A line of the table. `ratio` is above 1 if ours is better than the peer.

    A figure that could not be measured is None, and `note` says why.
    """

    name: str
    ours: float | None
    peer: float | None
    unit: str
    ratio: float | None
    note: str
