"""What a benchmark says: one line of the table, ours beside a peer's in the same run."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """`ratio` is ours to peer's, above 1 when ours is better. What could not be measured is None; `note` says why."""

    name: str
    ours: float | None
    peer: float | None
    unit: str
    ratio: float | None
    note: str
