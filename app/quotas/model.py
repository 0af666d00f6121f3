"""A shop's limits and what it has used of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from enum import StrEnum
from zoneinfo import ZoneInfo

MONTHLY_GENERATIONS = 500
CONCURRENT_GENERATIONS = 3
CONCURRENT_FOR_MERCHANTS = 2
"""With these every shop starts."""


class Lane(StrEnum):
    """Who waits for a generation. Each lane of a shop has slots of its own, so neither can starve the other."""

    SHOPPER = "shopper"
    MERCHANT = "merchant"


CONCURRENT = {Lane.SHOPPER: CONCURRENT_GENERATIONS, Lane.MERCHANT: CONCURRENT_FOR_MERCHANTS}
"""How many jobs of each lane a shop may run at once, where it was not changed for the shop."""


@dataclass(frozen=True)
class Quota:
    """A shop's limits, and what it has used in `period` (YYYY-MM in its time zone), since `last_reset_at`, and in
    all (`total_generations`). Storage is in bytes.

    `running` of at most `max_concurrent` shoppers' jobs run, and `merchant_running` of at most
    `merchant_max_concurrent` merchants' jobs.
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
    """A shop's previews of one month: how many it may make, and how many it has made.

    An address may make a tenth of the month a day, until half of it is used. The other half is a reserve, of which an
    address may take a hundredth of the month a day. So one address cannot use up a month of 100 previews or more: it
    empties the first half in five days, and takes a quarter of the month in the 26 days that are left.
    """

    limit: int = MONTHLY_GENERATIONS
    used: int = 0

    @property
    def address_share(self) -> int:
        """How many previews one address may make a day."""
        return max(self.limit // 10, 5)

    @property
    def runs_low(self) -> bool:
        """Whether only the reserve is left."""
        return self.used >= self.limit / 2

    @property
    def address_reserve(self) -> int:
        """How many previews one address may make a day when only the reserve is left."""
        return max(self.limit // 100, 1)


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
