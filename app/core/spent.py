"""Rate limits that are known to be spent, in the memory of one process."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from app.core.errors import TooMany

MOST_KNOWN = 10_000


@dataclass
class Spent:
    """Keys whose window is full, and when it ends: what this process knows it need not ask the database again.

    So a flood costs no more than its requests do.
    """

    ends: dict[str, datetime] = field(default_factory=dict)

    def refuse(self, keys: Iterable[str], now: datetime) -> None:
        """Raises TooMany, with the seconds until the window ends."""
        for key in keys:
            if (ends := self.ends.get(key, now)) > now:
                raise TooMany(retry_after=math.ceil((ends - now).total_seconds()))

    def add(self, key: str, ends: datetime) -> None:
        if len(self.ends) >= MOST_KNOWN:
            self.ends.clear()
        self.ends[key] = ends
