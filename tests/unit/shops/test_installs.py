"""A shop comes, goes, and comes again, while Shopify's messages arrive late and twice."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from app import jobs, quotas, shops
from app.core.app import App
from app.core.errors import AppError, Unauthorized
from app.core.ports.database import Database, Row
from app.core.ports.shopify import AccessToken, AdminVisit, ShopDetails, Webhook
from app.jobs import Job, JobKind
from app.quotas.tables import quotas as quotas_table
from app.shops import Access, Shop
from app.shops.model import DUTIES, Proof
from app.shops.tables import access_tokens, webhook_deliveries
from app.shops.tables import shops as shops_table
from tests.apps import OTHER_SHOP, SHOP, clock_of, open_shop, token_of
from tests.fakes.ports import START, NotingQueue
from tests.unit.jobs import kinds

pytestmark = pytest.mark.anyio
KIND = "shops.uninstall"
DETAILS = ShopDetails("A shop", "owner@example.com", "EUR", "UTC")


@dataclass
class CountedWrites:
    """A database that counts the batches that write."""

    inner: Database
    writes: int = 0

    async def one(self, statement: Any) -> Row | None:
        return await self.inner.one(statement)

    async def all(self, statement: Any) -> Any:
        return await self.inner.all(statement)

    async def batch(self, *statements: Any) -> Any:
        self.writes += any(not getattr(statement, "is_select", False) for statement in statements)
        return await self.inner.batch(*statements)


@dataclass
class AcceptingAuth:
    """A door that gives every merchant a token."""

    app: App

    async def exchange(self, visit: AdminVisit) -> AccessToken:
        return token_of(self.app)


async def _given_up(app: App, job: Job, fault: AppError) -> list[object]:
    return []


KINDS = {KIND: JobKind(KIND, shops.uninstall, _given_up)}


async def uninstalled(app: App, at: datetime | None, event: str = "e1", **said: Any) -> str:
    """What became of the shop's message that it was uninstalled at a time."""
    message = Webhook(SHOP, "app/uninstalled", event, event, at, {})
    await shops.receive(app, message, KIND, shops.uninstalled_fields({"myshopify_domain": SHOP, **said}))
    await jobs.run_due(app, KINDS)
    row = await app.db.one(select(webhook_deliveries.c.status).where(webhook_deliveries.c.event_id == event))
    assert row is not None
    return str(row["status"])


async def tokens(app: App) -> int:
    return len(await app.db.all(select(access_tokens.c.shop_id)))


async def test_a_shop_is_installed_on_a_machine_without_time_zone_data(app: App, no_zone_data: None) -> None:
    shop = await open_shop(app, timezone="Europe/Berlin")
    assert shop.timezone == "Europe/Berlin"
    quota = await quotas.quota(app.db, SHOP)
    assert quota is not None
    assert quota.period == f"{START:%Y-%m}"


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


async def test_an_uninstall_of_a_shop_that_nobody_knows_is_recorded_nowhere(app: App) -> None:
    message = Webhook(SHOP, "app/uninstalled", "e1", "e1", app.clock.now(), {})
    await shops.receive(app, message, KIND, {})
    assert await app.db.all(select(webhook_deliveries.c.id)) == []
    assert await jobs.jobs_by_status(app.db, ["pending"], 10) == []


async def test_opening_the_app_again_keeps_the_date_of_the_installation(app: App) -> None:
    first = await open_shop(app)
    clock_of(app).move(days=3)
    assert (await open_shop(app)).installed_at == first.installed_at


async def test_an_installation_whose_access_had_ended_counts_anew(app: App) -> None:
    await open_shop(app)
    clock_of(app).move(days=3)
    await app.db.batch(update(shops_table).values(access_lost_at=app.clock.now()))
    again = await open_shop(app)
    assert (again.installed_at, again.access_lost_at) == (app.clock.now(), None)


async def test_a_shop_that_came_back_before_it_was_known_to_have_left_stays(app: App) -> None:
    """The merchant's visit proves it, though no token was exchanged; the old token is worth nothing all the same."""
    await open_shop(app)
    left_at = app.clock.now() + timedelta(hours=1)
    clock_of(app).move(hours=2)
    visit = AdminVisit(SHOP, "1", "", {}, issued_at=app.clock.now() - timedelta(seconds=30))
    assert (await shops.admit(app, visit)).access is Access.HELD
    assert await uninstalled(app, left_at) == "ignored"
    shop = await shops.active_shop(app.db, SHOP)
    assert shop is not None
    assert shop.access_lost_at == app.clock.now()
    assert await tokens(app) == 0


@pytest.mark.parametrize(
    ("left_ms", "seen_ms", "back"), [(300, 310, True), (300, 999, True), (300, 1200, True), (300, 290, False)]
)
@pytest.mark.parametrize("known", [True, False], ids=["told before", "told late"])
async def test_one_who_leaves_and_comes_back_within_a_second_is_told_apart(
    app: App, left_ms: int, seen_ms: int, back: bool, known: bool
) -> None:
    """ID tokens are dated in whole seconds, uninstalls to the millisecond."""
    await open_shop(app)
    moment = START + timedelta(hours=1)
    left_at, seen_at = moment + timedelta(milliseconds=left_ms), moment + timedelta(milliseconds=seen_ms)
    if known and back:
        clock_of(app).at = left_at
        assert await uninstalled(app, left_at) == "done"
    clock_of(app).at = seen_at
    visit = AdminVisit(SHOP, "1", "", {}, issued_at=seen_at.replace(microsecond=0))
    await shops.admit(replace(app, shopify_auth=AcceptingAuth(app)), visit)
    clock_of(app).move(minutes=1)
    assert await uninstalled(app, left_at, "e2") == ("ignored" if back else "done")
    assert (await shops.active_shop(app.db, SHOP) is not None) is back


async def test_a_visit_from_before_the_uninstall_proves_nothing(app: App) -> None:
    await open_shop(app)
    clock_of(app).move(hours=1)
    visit = AdminVisit(SHOP, "1", "", {}, issued_at=app.clock.now())
    await shops.admit(app, visit)
    assert await uninstalled(app, app.clock.now() + timedelta(seconds=1)) == "done"
    assert await shops.active_shop(app.db, SHOP) is None


async def test_a_visit_is_noted_once_for_each_id_token(app: App) -> None:
    await open_shop(app)
    clock_of(app).move(minutes=5)
    visit = AdminVisit(SHOP, "1", "", {}, issued_at=app.clock.now())
    counted = CountedWrites(app.db)
    for _ in range(3):
        await shops.admit(replace(app, db=counted), visit)
    assert counted.writes == 1


async def test_an_installation_that_was_overtaken_by_its_uninstall_is_refused(app: App) -> None:
    """Shopify gave the token, the merchant removed the app at once, and its webhook was faster than we."""
    await open_shop(app)
    clock_of(app).move(hours=1)
    asked_at = Proof.now(app.clock.now())
    clock_of(app).move(seconds=5)
    assert await uninstalled(app, app.clock.now()) == "done"
    with pytest.raises(Unauthorized):
        await shops.record_install(app, token_of(app), DETAILS, proof=asked_at)
    assert await shops.active_shop(app.db, SHOP) is None
    assert await tokens(app) == 0


async def test_what_a_shop_has_open_stops_when_it_leaves_and_goes_on_when_it_is_back(app: App) -> None:
    shop = await open_shop(app)
    waiting, other = await kinds.queued(app, "s1", shop.id), await kinds.queued(app, "s2", OTHER_SHOP)
    done = await kinds.queued(app, "s3", shop.id)
    await jobs.run_one(app, kinds.Work().kinds, done.id)
    clock_of(app).move(hours=1)
    await uninstalled(app, app.clock.now())
    assert (await kinds.found(app, waiting)).status == "cancelled"
    assert [(await kinds.found(app, job)).status for job in (other, done)] == ["pending", "done"]
    clock_of(app).move(hours=1)
    queue = NotingQueue()
    await open_shop(replace(app, queue=queue))
    assert queue.woken == [waiting.id]
    work = kinds.Work()
    await jobs.run_due(app, work.kinds)
    assert [job.id for job in work.runs] == [other.id, waiting.id]


async def test_a_job_that_runs_while_its_shop_leaves_comes_to_nothing(app: App) -> None:
    shop = await open_shop(app)
    job = await kinds.queued(app, "s1", shop.id)
    clock_of(app).move(hours=1)

    async def leaves_meanwhile(app: App, lease: jobs.Lease) -> None:
        await uninstalled(app, app.clock.now())
        with pytest.raises(Unauthorized):
            await shops.access_token(app, shop.id)
        await kinds.finish(app, lease)

    await jobs.run_one(app, kinds.Work(leaves_meanwhile, slots=kinds.SLOTS).kinds, job.id)
    assert (await kinds.found(app, job)).status == "cancelled"
    quota = await app.db.one(select(quotas_table.c.running))
    assert quota is not None
    assert quota["running"] == 0


@pytest.mark.parametrize("topic", DUTIES)
async def test_what_the_law_asks_is_done_for_a_shop_that_has_left(app: App, topic: str) -> None:
    await open_shop(app)
    clock_of(app).move(hours=1)
    await shops.receive(app, Webhook(SHOP, topic, "d1", "d1", app.clock.now(), b"{}"), kinds.KIND, {})
    await uninstalled(app, app.clock.now())
    work = kinds.Work()
    await jobs.run_due(app, work.kinds)
    assert len(work.runs) == 1


HOUR, T = timedelta(hours=1), START


@pytest.mark.parametrize(
    ("shop", "as_of", "due"),
    [
        ({"is_active": False, "uninstalled_at": T}, T + 48 * HOUR, True),
        ({"is_active": False, "uninstalled_at": T}, T + 47.5 * HOUR, True),
        ({"is_active": False, "uninstalled_at": T}, T + 200 * HOUR, True),
        ({"is_active": False, "uninstalled_at": T + 3 * HOUR, "installed_at": T + HOUR}, T + 48 * HOUR, False),
        ({"is_active": False, "uninstalled_at": T, "installed_at": T - HOUR / 60}, T + 48 * HOUR, True),
        ({"is_active": False, "uninstalled_at": None}, T, True),
        ({"is_active": True, "installed_at": T - 900 * HOUR}, T + 48 * HOUR, False),
    ],
    ids=[
        "48 hours after it left",
        "a little early",
        "late",
        "about an earlier uninstall",
        "it came and left within a minute",
        "it never said that it left, and is not here",
        "it is here",
    ],
)
def test_what_a_shop_left_behind_is_due_to_go(shop: dict[str, Any], as_of: datetime, due: bool) -> None:
    plain = {"installed_at": None, "shop_name": None, "currency": "EUR", "timezone": "UTC", "locale": "en"}
    assert Shop(**{"id": SHOP, "settings": None} | plain | shop).redact_is_due(as_of) is due


@pytest.mark.parametrize(
    ("seen", "as_of", "may"),
    [
        ({"installed_at": T - 900 * HOUR}, T + 48 * HOUR, True),
        ({"installed_at": T - 900 * HOUR, "proven_at": T - HOUR / 60}, T + 48 * HOUR, True),
        ({"installed_at": T + HOUR}, T + 48 * HOUR, False),
        ({"installed_at": T - 900 * HOUR, "proven_at": T + HOUR / 60}, T + 48 * HOUR, False),
    ],
    ids=["nobody was seen since", "seen just before it left", "installed since", "seen since"],
)
def test_a_shop_whose_uninstall_was_lost_may_have_left(seen: dict[str, Any], as_of: datetime, may: bool) -> None:
    plain = {"installed_at": None, "shop_name": None, "currency": "EUR", "timezone": "UTC", "locale": "en"}
    assert Shop(**{"id": SHOP, "settings": None, "is_active": True} | plain | seen).may_have_left(as_of) is may


async def test_a_shop_that_is_only_expected_is_not_active_until_it_is_installed(app: App) -> None:
    await shops.expect_install(app, SHOP)
    assert await shops.active_shop(app.db, SHOP) is None
    clock_of(app).move(minutes=1)
    assert (await open_shop(app)).installed_at == app.clock.now()
