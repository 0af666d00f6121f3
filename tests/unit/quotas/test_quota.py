"""A shop's limits: its month, its storage, and what is given back."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import update

from app import quotas, shops
from app.core.app import App
from app.core.errors import Refused
from app.quotas import Quota, period_of
from app.quotas.tables import quotas as quotas_table
from tests.apps import OTHER_SHOP, SHOP, open_shop

pytestmark = pytest.mark.anyio
NOVEMBER, DECEMBER = "2026-11", "2026-12"
LATE = datetime(2026, 11, 30, 23, 30, tzinfo=UTC)
"""December has begun east of Greenwich."""


async def limits(app: App, **values: int) -> None:
    """A shop whose row of limits exists."""
    await open_shop(app)
    await app.db.batch(*quotas.hold(SHOP, NOVEMBER, app.clock.now()))
    await app.db.batch(
        quotas.refund(SHOP, NOVEMBER, app.clock.now()),
        update(quotas_table).values(**values, updated_at=app.clock.now()),
    )


async def quota(app: App) -> Quota:
    found = await quotas.quota(app.db, SHOP)
    assert found is not None
    return found


async def refused(app: App, *statements: Any) -> str | None:
    try:
        await app.db.batch(*statements)
    except Refused as refusal:
        return refusal.code
    return None


@pytest.mark.parametrize(
    ("moment", "zone", "period"),
    [
        (datetime(2026, 11, 30, 23, 59, tzinfo=UTC), "UTC", "2026-11"),
        (datetime(2026, 11, 30, 23, 0, tzinfo=UTC), "Europe/Berlin", "2026-12"),
        (datetime(2026, 11, 30, 22, 59, tzinfo=UTC), "Europe/Berlin", "2026-11"),
        (datetime(2026, 7, 31, 22, 0, tzinfo=UTC), "Europe/Berlin", "2026-08"),
        (datetime(2027, 1, 1, 4, 59, tzinfo=UTC), "America/New_York", "2026-12"),
        (datetime(2026, 12, 31, 10, 0, tzinfo=UTC), "Pacific/Kiritimati", "2027-01"),
    ],
)
def test_a_month_is_that_of_the_shops_own_time(moment: datetime, zone: str, period: str) -> None:
    assert period_of(moment, zone) == period


@pytest.mark.parametrize(
    "zone",
    [
        *("", "Mars/Olympus", "../etc/passwd", "/etc/localtime", "(GMT+01:00) Berlin", "ü", "\x00", "\ud800"),
        *("America", "Europe/", "UTC/x", "zone.tab", "a" * 10_000, "a/" * 5_000),
        *(None, 7),  # what no type check stops at run time
    ],
)
def test_an_unknown_zone_counts_in_utc(zone: Any) -> None:
    assert period_of(LATE, zone) == "2026-11"


@pytest.mark.parametrize("zone", ["UTC", "Europe/Berlin", "America", "Mars/Olympus"])
def test_without_time_zone_data_every_zone_counts_in_utc(no_zone_data: None, zone: str) -> None:
    assert period_of(LATE, zone) == "2026-11"


@settings(deadline=None)
@given(st.text(st.characters(), max_size=300))
def test_no_name_of_a_zone_raises(zone: str) -> None:
    assert period_of(LATE, zone) in ("2026-11", "2026-12")


async def test_holds_past_the_months_limit_are_refused(app: App) -> None:
    await limits(app, monthly_generation_limit=2)
    codes = [await refused(app, *quotas.hold(SHOP, NOVEMBER, app.clock.now())) for _ in range(3)]
    assert codes == [None, None, "quota_exhausted"]
    assert (await quota(app)).current_generations == 2


async def test_sixteen_at_once_hold_exactly_what_is_left(app: App) -> None:
    await limits(app, monthly_generation_limit=3)
    codes = await asyncio.gather(*[refused(app, *quotas.hold(SHOP, NOVEMBER, app.clock.now())) for _ in range(16)])
    assert codes.count(None) == 3


async def test_a_new_month_starts_from_nothing(app: App) -> None:
    await limits(app, monthly_generation_limit=1)
    await app.db.batch(*quotas.hold(SHOP, NOVEMBER, app.clock.now()))
    assert await refused(app, *quotas.hold(SHOP, DECEMBER, app.clock.now())) is None
    found = await quota(app)
    assert (found.period, found.current_generations) == (DECEMBER, 1)
    assert (found.used_in(DECEMBER), found.used_in(NOVEMBER)) == (1, 0)


async def test_what_is_given_back_can_be_held_again(app: App) -> None:
    await limits(app, monthly_generation_limit=1)
    await app.db.batch(*quotas.hold(SHOP, NOVEMBER, app.clock.now()))
    await app.db.batch(quotas.refund(SHOP, NOVEMBER, app.clock.now()))
    assert await refused(app, *quotas.hold(SHOP, NOVEMBER, app.clock.now())) is None


async def test_what_was_held_last_month_is_not_given_back_this_month(app: App) -> None:
    await limits(app)
    await app.db.batch(*quotas.hold(SHOP, DECEMBER, app.clock.now()))
    for period in (NOVEMBER, None):
        await app.db.batch(quotas.refund(SHOP, period, app.clock.now()))
    assert (await quota(app)).current_generations == 1


async def test_storage_is_reserved_up_to_its_last_byte(app: App) -> None:
    await limits(app, storage_quota_bytes=100)
    reserved = [await refused(app, *quotas.reserve_storage(SHOP, 50, NOVEMBER, app.clock.now())) for _ in range(3)]
    assert reserved == [None, None, "storage_full"]
    assert (await quota(app)).current_storage_bytes == 100


async def test_what_was_accepted_is_stored_whatever_the_limit(app: App) -> None:
    await limits(app, storage_quota_bytes=100)
    await app.db.batch(quotas.add_storage(SHOP, 250, app.clock.now()))
    assert (await quota(app)).current_storage_bytes == 250
    assert await refused(app, *quotas.reserve_storage(SHOP, 1, NOVEMBER, app.clock.now())) == "storage_full"


async def test_an_installation_opens_the_shops_limits_and_another_one_keeps_what_was_counted(app: App) -> None:
    await open_shop(app)
    assert await quota(app) == Quota(500, 0, 1000 * 1024**2, 0, 3, 0, 2, 0, NOVEMBER, 0, app.clock.now())
    await app.db.batch(*quotas.hold(SHOP, NOVEMBER, app.clock.now()))
    await open_shop(app)
    assert (await quota(app)).current_generations == 1


async def test_the_first_request_of_a_shop_without_limits_opens_them(app: App) -> None:
    await shops.expect_install(app, SHOP)
    assert await quotas.quota(app.db, SHOP) is None
    await app.db.batch(*quotas.reserve_storage(SHOP, 10, NOVEMBER, app.clock.now()))
    assert await quota(app) == Quota(500, 0, 1000 * 1024**2, 10, 3, 0, 2, 0, NOVEMBER, 0, app.clock.now())


async def test_each_shop_has_its_own_limits(app: App) -> None:
    await limits(app, monthly_generation_limit=0)
    await open_shop(app, OTHER_SHOP)
    assert await refused(app, *quotas.hold(SHOP, NOVEMBER, app.clock.now())) == "quota_exhausted"
    assert await refused(app, *quotas.hold(OTHER_SHOP, NOVEMBER, app.clock.now())) is None
