"""Times as the database keeps them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.times import SystemClock, from_text, to_text

zones = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
moments = st.datetimes(datetime(1900, 1, 1), datetime(2200, 1, 1), timezones=zones)  # noqa: DTZ001  # zones come after


def test_a_time_is_written_in_utc_to_the_millisecond() -> None:
    there = timezone(timedelta(hours=2))
    assert to_text(datetime(2026, 11, 21, 1, 2, 3, 4999, there)) == "2026-11-20T23:02:03.004Z"


@given(moment=moments)
def test_a_time_comes_back_cut_to_the_millisecond(moment: datetime) -> None:
    found = from_text(to_text(moment))
    assert timedelta(0) <= moment - found < timedelta(milliseconds=1)
    assert found.tzinfo is UTC


@given(one=moments, other=moments)
def test_texts_sort_as_moments_do(one: datetime, other: datetime) -> None:
    assert (to_text(one) < to_text(other)) == (from_text(to_text(one)) < from_text(to_text(other)))


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="naive"):
        to_text(datetime(2026, 1, 1))  # noqa: DTZ001


@pytest.mark.parametrize(
    ("text", "hour"),
    [
        ("2026-11-21T12:00:00Z", 12),
        ("2026-11-21T12:00:00-05:00", 17),
        ("2026-11-21T12:00:00", 12),
        ("2026-11-21T12:00:00.000Z", 12),
    ],
)
def test_iso_times_of_others_are_read(text: str, hour: int) -> None:
    assert from_text(text) == datetime(2026, 11, 21, hour, tzinfo=UTC)


@pytest.mark.parametrize("text", ["", "yesterday", "21.11.2026", "2026-13-01T00:00:00Z"])
def test_what_is_no_time_is_a_value_error(text: str) -> None:
    with pytest.raises(ValueError, match=r"[Ii]nvalid isoformat|month must be"):
        from_text(text)


def test_the_system_clock_tells_an_aware_time() -> None:
    assert abs(SystemClock().now() - datetime.now(UTC)) < timedelta(seconds=10)
