"""A shop comes, goes, and comes again, while Shopify's messages arrive late and twice."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from app import jobs, shops
from app.core.app import App
from app.core.errors import AppError, Unauthorized
from app.core.ports import Webhook
from app.jobs import Job, JobKind
from app.shops.tables import access_tokens, webhook_deliveries
from tests.apps import SHOP, clock_of, open_shop

pytestmark = pytest.mark.anyio
KIND = "shops.uninstall"


async def _given_up(app: App, job: Job, fault: AppError) -> list[object]:
    return []


KINDS = {KIND: JobKind(KIND, shops.uninstall, _given_up)}


async def uninstalled(app: App, at: datetime | None, event: str = "e1") -> str:
    """What became of the shop's message that it was uninstalled at a time."""
    message = Webhook(SHOP, "app/uninstalled", event, event, at, b"{}")
    await shops.receive(app, message, KIND, {})
    await jobs.run_due(app, KINDS)
    row = await app.db.one(select(webhook_deliveries.c.status).where(webhook_deliveries.c.event_id == event))
    assert row is not None
    return str(row["status"])


async def tokens(app: App) -> int:
    return len(await app.db.all(select(access_tokens.c.shop_id)))


async def test_a_shop_that_is_installed_is_active_with_what_shopify_says_of_it(app: App) -> None:
    shop = await open_shop(app, timezone="Europe/Berlin")
    assert (shop.id, shop.shop_name, shop.currency, shop.timezone) == (SHOP, "A shop", "EUR", "Europe/Berlin")
    assert (shop.is_active, shop.installed_at) == (True, app.clock.now())


async def test_an_uninstall_ends_access_and_forgets_the_tokens(app: App) -> None:
    await open_shop(app)
    clock_of(app).move(days=1)
    assert await uninstalled(app, app.clock.now()) == "done"
    assert await shops.active_shop(app.db, SHOP) is None
    assert await tokens(app) == 0
    with pytest.raises(Unauthorized):
        await shops.access_token(app, SHOP)


async def test_an_uninstall_older_than_the_installation_changes_nothing(app: App) -> None:
    await open_shop(app)
    assert await uninstalled(app, app.clock.now() - timedelta(seconds=1)) == "ignored"
    assert await shops.active_shop(app.db, SHOP) is not None
    assert await tokens(app) == 1


async def test_a_late_uninstall_does_not_end_the_next_installation(app: App) -> None:
    await open_shop(app)
    clock_of(app).move(hours=1)
    left_at = app.clock.now()
    assert await uninstalled(app, left_at) == "done"
    clock_of(app).move(hours=1)
    again = await open_shop(app)
    assert again.installed_at == app.clock.now()
    assert await uninstalled(app, left_at, "e2") == "ignored"
    assert await shops.active_shop(app.db, SHOP) is not None
    assert await tokens(app) == 1


async def test_an_uninstall_without_a_time_counts_from_its_arrival(app: App) -> None:
    await open_shop(app)
    clock_of(app).move(seconds=1)
    assert await uninstalled(app, None) == "done"
    assert await shops.active_shop(app.db, SHOP) is None


async def test_an_uninstall_that_is_delivered_twice_runs_once(app: App) -> None:
    await open_shop(app)
    clock_of(app).move(seconds=1)
    for _ in range(2):
        assert await uninstalled(app, app.clock.now()) == "done"
    assert len(await app.db.all(select(webhook_deliveries.c.id))) == 1
    assert len(await jobs.jobs_by_status(app.db, ["done"], 10)) == 1


async def test_an_uninstall_of_a_shop_that_nobody_knows_is_ignored(app: App) -> None:
    assert await uninstalled(app, app.clock.now()) == "ignored"


async def test_opening_the_app_again_keeps_the_date_of_the_installation(app: App) -> None:
    first = await open_shop(app)
    clock_of(app).move(days=3)
    assert (await open_shop(app)).installed_at == first.installed_at


async def test_a_shop_that_is_only_expected_is_not_active_until_it_is_installed(app: App) -> None:
    await shops.expect_install(app, SHOP)
    assert await shops.active_shop(app.db, SHOP) is None
    clock_of(app).move(minutes=1)
    assert (await open_shop(app)).installed_at == app.clock.now()
