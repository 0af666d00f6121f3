"""An uninstall is signed, but not its time: one that is sent again, or says another time, ends no shop."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import update

from app import shops
from app.core.app import App
from app.core.errors import AppError, Unauthorized, Unavailable
from app.core.ports.shopify import AccessToken, ShopDetails
from app.core.times import to_text
from app.shops.tables import shops as shops_table
from tests.apps import SHOP, clock_of, open_shop
from tests.unit.shops.test_installs import DETAILS, tokens, uninstalled

pytestmark = pytest.mark.anyio


@dataclass
class Asked:
    """A Shopify that lets the app in, or does not, or does not answer."""

    fault: AppError | None = None
    times: int = 0

    async def shop_details(self, token: AccessToken) -> ShopDetails:
        self.times += 1
        if self.fault:
            raise self.fault
        return DETAILS


async def test_an_earlier_uninstall_that_is_sent_again_does_not_end_the_next_installation(app: App) -> None:
    """Its body was signed; its time and its id are anybody's."""
    await open_shop(app)
    clock_of(app).move(hours=1)
    await uninstalled(app, app.clock.now())
    clock_of(app).move(days=3)
    await open_shop(app)
    clock_of(app).move(minutes=30)
    asking = replace(app, shopify=Asked())
    for event, hours in (("e2", 0), ("e3", 72), ("e4", 24 * 400), ("e5", -24)):
        assert await uninstalled(asking, app.clock.now() - timedelta(hours=hours), event) == "ignored"
    assert await shops.active_shop(app.db, SHOP) is not None
    assert await tokens(app) == 1


async def test_a_shop_that_came_back_and_leaves_again_has_left(app: App) -> None:
    await open_shop(app)
    await uninstalled(app, app.clock.now())
    clock_of(app).move(days=3)
    await open_shop(app)
    clock_of(app).move(minutes=1)
    gone = replace(app, shopify=Asked(Unauthorized(code="app_refused")))
    assert await uninstalled(gone, app.clock.now(), "e2") == "done"
    assert await shops.active_shop(app.db, SHOP) is None


async def test_a_shop_that_came_back_stays_until_shopify_answers(app: App) -> None:
    await open_shop(app)
    await uninstalled(app, app.clock.now())
    clock_of(app).move(days=3)
    await open_shop(app)
    clock_of(app).move(minutes=1)
    assert await uninstalled(replace(app, shopify=Asked(Unavailable())), app.clock.now(), "e2") == "received"
    assert await shops.active_shop(app.db, SHOP) is not None


@pytest.mark.parametrize("changed_at", [None, "", "some day", 5, "later"])
async def test_a_shop_whose_message_cannot_be_an_old_one_is_not_asked_about(app: App, changed_at: Any) -> None:
    await open_shop(app)
    clock_of(app).move(minutes=30)
    said = to_text(app.clock.now()) if changed_at == "later" else changed_at
    asking = Asked()
    assert await uninstalled(replace(app, shopify=asking), app.clock.now(), updated_at=said) == "done"
    assert asking.times == 0


@pytest.mark.parametrize("fault", [None, Unauthorized(code="app_refused")])
async def test_of_a_shop_that_was_deleted_and_came_back_an_old_message_ends_nothing(
    app: App, fault: AppError | None
) -> None:
    """Nothing tells any more that it was here before; but the Shop in the message is not younger than what is."""
    changed_at = to_text(app.clock.now())
    clock_of(app).move(days=100)
    await open_shop(app)
    clock_of(app).move(minutes=30)
    asking = replace(app, shopify=Asked(fault))
    became = await uninstalled(asking, app.clock.now(), updated_at=changed_at)
    assert became == ("done" if fault else "ignored")
    assert (await shops.active_shop(app.db, SHOP) is None) == bool(fault)


@pytest.mark.parametrize("hours", [1, 100, 24 * 400])
async def test_a_shop_that_has_left_cannot_be_made_to_have_left_earlier(app: App, hours: int) -> None:
    """Or its data would be deleted before their time."""
    await open_shop(app)
    await app.db.batch(update(shops_table).values(installed_at=None, proven_at=None))
    clock_of(app).move(days=500)
    left_at = app.clock.now()
    await uninstalled(app, left_at)
    await uninstalled(app, left_at - timedelta(hours=hours), "e2")
    shop = await shops.shop(app.db, SHOP)
    assert shop is not None
    assert shop.uninstalled_at == left_at
    assert not await shops.is_over(app, SHOP, left_at + timedelta(hours=46))


@pytest.mark.parametrize("year", [2099, 9999])
async def test_a_time_to_come_ends_no_shop_before_its_48_hours(app: App, year: int) -> None:
    await open_shop(app)
    clock_of(app).move(hours=1)
    assert await uninstalled(app, datetime(year, 12, 31, tzinfo=UTC)) == "done"
    shop = await shops.shop(app.db, SHOP)
    assert shop is not None
    assert shop.uninstalled_at is not None
    assert abs(shop.uninstalled_at - app.clock.now()) <= timedelta(minutes=1)
