"""A part of a shop's month is kept from whoever takes all they may."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.quotas import Month, next_period_begins, period_of


def taken(limit: int, addresses: int, days: int) -> int:
    """How much of a month is used when so many addresses take every day what they may."""
    used = 0
    for _ in range(days):
        shares, reserves = [Month(limit).address_share] * addresses, [Month(limit).address_reserve] * addresses
        for place in range(addresses):
            while shares[place] and used < limit:
                low = Month(limit, used).runs_low
                if low and not reserves[place]:
                    break
                used, shares[place], reserves[place] = used + 1, shares[place] - 1, reserves[place] - low
    return used


@settings(deadline=None)
@given(limit=st.integers(100, 20_000))
def test_one_address_never_uses_up_a_month(limit: int) -> None:
    assert taken(limit, 1, 31) <= limit * 4 // 5


def test_who_takes_everything_every_day_leaves_a_fresh_month_of_500_to_others_for_days() -> None:
    assert [taken(500, 1, days) for days in (1, 5, 6, 31)] == [50, 250, 255, 380]
    assert [taken(500, 4, days) for days in (1, 2, 13, 14)] == [200, 265, 485, 500]
    assert [taken(500, 10, days) for days in (1, 2, 5, 6)] == [275, 325, 475, 500]


def test_a_small_month_has_a_share_for_everybody() -> None:
    assert (Month(0).address_share, Month(0).address_reserve) == (5, 1)
    assert [Month(4, used).runs_low for used in range(5)] == [False, False, True, True, True]


@pytest.mark.parametrize(
    ("now", "zone", "begins"),
    [
        ("2026-11-30T22:30", "UTC", "2026-12-01T00:00"),
        ("2026-11-30T23:30", "Europe/Berlin", "2026-12-31T23:00"),
        ("2026-12-31T12:00", "Pacific/Auckland", "2027-01-31T11:00"),
        ("2026-03-31T12:00", "Europe/Berlin", "2026-03-31T22:00"),
        ("2026-01-31T12:00", "no such zone", "2026-02-01T00:00"),
    ],
)
def test_the_count_starts_again_at_midnight_in_the_shop(now: str, zone: str, begins: str) -> None:
    moment = datetime.fromisoformat(now).replace(tzinfo=UTC)
    assert next_period_begins(moment, zone).astimezone(UTC) == datetime.fromisoformat(begins).replace(tzinfo=UTC)


@given(st.integers(0, 80 * 365 * 24), st.sampled_from(["UTC", "America/New_York", "Pacific/Auckland"]))
def test_a_month_ends_where_the_next_begins(hours: int, zone: str) -> None:
    moment = datetime(2020, 1, 1, tzinfo=UTC) + timedelta(hours=hours)
    begins = next_period_begins(moment, zone)
    assert moment < begins <= moment + timedelta(days=32)
    assert period_of(begins - timedelta(milliseconds=1), zone) == period_of(moment, zone) < period_of(begins, zone)
