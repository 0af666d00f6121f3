"""Rate limits that are known to be spent, in the memory of one process."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

MOST_KNOWN = 10_000


@dataclass
class Spent:
    """Keys that had no room, for how much, and until when: what this process need not ask the database again.

    So a flood costs no more than its requests do.
    """

    known: dict[str, tuple[datetime, int]] = field(default_factory=dict)

    def until(self, key: str, amount: int, now: datetime) -> datetime | None:
        """When the window ends in which the key has no room for this amount; None when that is not known."""
        ends, refused = self.known.get(key, (now, 0))
        return ends if ends > now and amount >= refused else None

    def add(self, key: str, amount: int, ends: datetime) -> None:
        if len(self.known) >= MOST_KNOWN:
            self.known.clear()
        self.known[key] = ends, amount
