"""A shop's limits and what it has used of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError


@dataclass(frozen=True)
class Quota:
    """Counts of `period` (YYYY-MM in the shop's time zone); storage in bytes."""

    monthly_generation_limit: int
    current_generations: int
    storage_quota_bytes: int
    current_storage_bytes: int
    max_concurrent: int
    running: int
    period: str

    def used_in(self, period: str) -> int:
        return self.current_generations if self.period == period else 0


def period_of(moment: datetime, timezone: str) -> str:
    """The month of a moment in a time zone; an unknown zone counts in UTC."""
    try:
        zone = ZoneInfo(timezone)
    except (ZoneInfoNotFoundError, ValueError):
        zone = ZoneInfo("UTC")
    return moment.astimezone(zone).strftime("%Y-%m")
