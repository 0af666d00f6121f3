"""A shop's limits and what it has used of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from zoneinfo import ZoneInfo


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
    """Return the month of a moment in a time zone, as YYYY-MM. An unknown zone counts in UTC."""
    return moment.astimezone(_zone(timezone)).strftime("%Y-%m")


def _zone(name: str) -> tzinfo:
    """Return the zone of an IANA name, or UTC where there is none; it never raises.

    Names come from Shopify, and zoneinfo looks them up as files: it raises whatever opening one can raise (OSError for
    a folder such as "America" or a name that is too long, ValueError for paths, NUL and surrogates). The fallback is
    not ZoneInfo("UTC"): that is a file as well, which a machine without time-zone data lacks.
    """
    try:
        return ZoneInfo(name)
    except (LookupError, OSError, TypeError, ValueError):
        return UTC
