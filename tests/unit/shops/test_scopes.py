"""What the merchant allows: what Shopify said last, whatever came last."""

from __future__ import annotations

import tomllib
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from app import jobs, shops
from app.core.app import App
from app.core.errors import AppError
from app.core.ports.shopify import Webhook
from app.core.times import to_text
from app.shops.model import NEEDED_SCOPES
from app.shops.tables import access_tokens
from app.shops.tables import shops as shops_table
from handlers.jobs import KINDS
from tests.apps import OTHER_SHOP, SHOP, clock_of, open_shop
from tests.sources import ROOT
from tests.unit.jobs import kinds

pytestmark = pytest.mark.anyio


async def told(app: App, *current: str, at: datetime, event: str = "e1", shop: str = SHOP) -> None:
    message = Webhook(shop, "app/scopes_update", event, event, at, {})
    await shops.receive(app, message, "shops.rescope", shops.scopes_fields({"current": list(current)}))
    await jobs.run_due(app, KINDS)


async def scopes(app: App) -> tuple[str | None, str | None]:
    """Of the shop, and of its token."""
    shop, token = await app.db.one(select(shops_table.c.scope)), await app.db.one(select(access_tokens.c.scope))
    assert shop is not None
    return shop["scope"], token["scope"] if token else None


def test_the_app_needs_what_its_manifest_asks_for() -> None:
    manifest = tomllib.loads((ROOT / "shopify.app.toml").read_text("utf-8"))
    assert list(NEEDED_SCOPES) == manifest["access_scopes"]["scopes"].split(",")


@pytest.mark.parametrize(
    ("scope", "missing"),
    [
        (None, ["read_products", "write_app_proxy", "write_orders"]),
        ("", ["read_products", "write_app_proxy", "write_orders"]),
        ("read_products,write_orders", ["write_app_proxy"]),
        ("read_orders,read_products,write_app_proxy", ["write_orders"]),
        ("write_app_proxy, write_orders,read_products", []),
    ],
)
async def test_what_is_missing_is_what_was_not_granted(app: App, scope: str | None, missing: list[str]) -> None:
    await open_shop(app)
    await app.db.batch(update(shops_table).values(scope=scope))
    shop = await shops.active_shop(app.db, SHOP)
    assert shop is not None
    assert shop.missing_scopes == missing


async def test_scopes_that_change_are_kept_and_the_token_is_fetched_anew(app: App) -> None:
    await open_shop(app)
    clock_of(app).move(minutes=1)
    await told(app, "write_orders", "write_app_proxy", at=app.clock.now())
    assert await scopes(app) == ("write_orders,write_app_proxy",) * 2
    token = await app.db.one(select(access_tokens.c.access_expires_at))
    assert token is not None
    assert token["access_expires_at"] == app.clock.now()


async def test_of_two_messages_the_younger_counts_in_whatever_order_they_come(app: App) -> None:
    await open_shop(app)
    clock_of(app).move(minutes=10)
    now = app.clock.now()
    await told(app, "younger", at=now, event="e2")
    await told(app, "older", at=now - timedelta(minutes=1), event="e1")
    assert (await scopes(app))[0] == "younger"


@pytest.mark.parametrize("header", [timedelta(0), timedelta(days=30_000)])
async def test_an_old_message_that_is_sent_again_as_a_new_one_changes_nothing(app: App, header: timedelta) -> None:
    """Its body says since when it is so, and that is signed."""
    await open_shop(app)
    clock_of(app).move(days=1)
    old = {"current": ["older"], "updated_at": to_text(app.clock.now() - timedelta(hours=2))}
    await told(app, "younger", at=app.clock.now() - timedelta(hours=1), event="e1")
    message = Webhook(SHOP, "app/scopes_update", "e2", "e2", app.clock.now() + header, old)
    await shops.receive(app, message, "shops.rescope", shops.scopes_fields(old))
    await jobs.run_due(app, KINDS)
    assert (await scopes(app))[0] == "younger"


async def test_what_could_not_be_read_makes_no_message_old(app: App) -> None:
    await open_shop(app)
    clock_of(app).move(minutes=10)
    now = app.clock.now()
    await shops.refuse(app, Webhook(SHOP, "app/scopes_update", "e0", "e0", now, {}), "failed", "malformed")
    await told(app, "true", at=now - timedelta(minutes=1))
    assert (await scopes(app))[0] == "true"


async def test_a_message_from_before_the_present_token_changes_nothing(app: App) -> None:
    before = app.clock.now()
    clock_of(app).move(minutes=1)
    await open_shop(app)
    await told(app, "older", at=before)
    assert (await scopes(app))[0] == ",".join(NEEDED_SCOPES)


async def test_a_message_that_comes_after_the_merchants_visit_is_heard_all_the_same(app: App) -> None:
    await open_shop(app)
    clock_of(app).move(minutes=10)
    now = app.clock.now()
    await app.db.batch(update(shops_table).values(proven_at=now))
    await told(app, "write_orders", at=now - timedelta(seconds=5))
    assert (await scopes(app))[0] == "write_orders"


async def test_a_shop_whose_access_is_lost_hears_of_its_scopes(app: App) -> None:
    await open_shop(app)
    await app.db.batch(access_tokens.delete())
    clock_of(app).move(minutes=1)
    await told(app, "write_orders", at=app.clock.now())
    assert await scopes(app) == ("write_orders", None)


async def test_a_shop_that_nobody_knows_has_no_scopes(app: App) -> None:
    await open_shop(app)
    await told(app, "write_orders", at=app.clock.now() + timedelta(minutes=1), shop=OTHER_SHOP)
    assert (await scopes(app))[0] == ",".join(NEEDED_SCOPES)


@pytest.mark.parametrize("payload", [{}, {"current": None}, {"current": "write_orders"}, {"current": [1]}, [], 1])
def test_a_message_without_scopes_is_malformed(payload: Any) -> None:
    with pytest.raises((KeyError, TypeError)):
        shops.scopes_fields(payload)


async def test_what_failed_for_want_of_a_scope_goes_on_when_it_is_granted(app: App) -> None:
    async def refuse(app: App, lease: jobs.Lease) -> None:
        raise AppError(code="missing_scope", status=403)

    await open_shop(app)
    job = await kinds.queued(app, shop_id=SHOP)
    await jobs.run_due(app, kinds.Work(refuse).kinds)
    assert (await kinds.found(app, job)).last_error == "missing_scope"
    clock_of(app).move(minutes=1)
    await told(app, "write_orders", at=app.clock.now())
    await jobs.run_due(app, kinds.Work().kinds)
    assert (await kinds.found(app, job)).status == "done"
