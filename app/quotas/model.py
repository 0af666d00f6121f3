"""A shop's limits and its usage."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from enum import StrEnum
from zoneinfo import ZoneInfo

MONTHLY_GENERATIONS = 500
CONCURRENT_GENERATIONS = 3
CONCURRENT_FOR_MERCHANTS = 2
"""The limits of a new shop."""


class Lane(StrEnum):
    """The kind of user for whom a generation is made. Each lane has its own slots, so neither starves the other."""

    SHOPPER = "shopper"
    MERCHANT = "merchant"


CONCURRENT = {Lane.SHOPPER: CONCURRENT_GENERATIONS, Lane.MERCHANT: CONCURRENT_FOR_MERCHANTS}
"""How many jobs in each lane a shop may run concurrently by default."""


@dataclass(frozen=True)
class Quota:
    """A shop's limits and its usage. Storage is in bytes.

    `current_generations` counts those of `period` (YYYY-MM in the shop's time zone), which began to be counted at
    `last_reset_at`; `total_generations` counts all. `running` and `merchant_running` are how many jobs run in the
    shopper and the merchant lane; `max_concurrent` and `merchant_max_concurrent` are their limits.
    """

    monthly_generation_limit: int
    current_generations: int
    storage_quota_bytes: int
    current_storage_bytes: int
    max_concurrent: int
    running: int
    merchant_max_concurrent: int
    merchant_running: int
    period: str
    total_generations: int
    last_reset_at: datetime

    def used_in(self, period: str) -> int:
        return self.current_generations if self.period == period else 0

    def month(self, period: str) -> Month:
        return Month(self.monthly_generation_limit, self.used_in(period))


@dataclass(frozen=True)
class Month:
    """A shop's previews in one month: the limit, and how many have been used.

    Until half of the limit is used, one client address may use a tenth of the limit per day. The other half is a
    reserve, of which one address may use a hundredth of the limit per day. One address therefore cannot exhaust a limit
    of 100 previews or more: it uses the first half in five days, and a quarter of the limit in the remaining 26.
    """

    limit: int = MONTHLY_GENERATIONS
    used: int = 0

    @property
    def address_share(self) -> int:
        """How many previews one client address may make per day until only the reserve is left."""
        return max(self.limit // 10, 5)

    @property
    def runs_low(self) -> bool:
        """Whether only the reserve is left."""
        return self.used >= self.limit / 2

    @property
    def address_reserve(self) -> int:
        """How many previews one client address may make per day when only the reserve is left."""
        return max(self.limit // 100, 1)


def period_of(moment: datetime, timezone: str) -> str:
    """Return the month of a moment in a time zone, as YYYY-MM. An unknown time zone is treated as UTC."""
    return moment.astimezone(_zone(timezone)).strftime("%Y-%m")


def next_period_begins(moment: datetime, timezone: str) -> datetime:
    """Return when the month after this moment begins in a time zone: that is when the monthly count starts again."""
    local = moment.astimezone(_zone(timezone))
    following = (local.replace(day=1) + timedelta(days=32)).replace(day=1)
    return following.replace(hour=0, minute=0, second=0, microsecond=0)


def _zone(name: str) -> tzinfo:
    """Return the time zone with an IANA name, or UTC if there is none. Never raises.

    Names come from Shopify, and zoneinfo looks them up as files, so it raises whatever opening a file can raise:
    OSError for a folder such as "America" or a name that is too long, ValueError for paths, NUL and surrogates. The
    fallback is not ZoneInfo("UTC"), because that is a file too, which a machine without time zone data lacks.
    """
    try:
        return ZoneInfo(name)
    except (LookupError, OSError, TypeError, ValueError):
        return UTC
