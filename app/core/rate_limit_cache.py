"""Cache of rate limits that are known to be used up, in the memory of one process."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

MOST_KNOWN = 10_000


@dataclass
class RateLimitCache:
    """Keys over their limit, with the refused amount and the end of the window. Keeps floods away from the database."""

    known: dict[str, tuple[datetime, int]] = field(default_factory=dict)

    def until(self, key: str, amount: int, now: datetime) -> datetime | None:
        """Return when the window ends in which the key cannot take this amount; None if that is not known."""
        ends, refused = self.known.get(key, (now, 0))
        return ends if ends > now and amount >= refused else None

    def add(self, key: str, amount: int, ends: datetime) -> None:
        if len(self.known) >= MOST_KNOWN:
            self.known.clear()
        self.known[key] = ends, amount
