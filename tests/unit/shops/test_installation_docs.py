"""docs/installations.md names columns and functions that exist, and its examples end as it says."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from importlib import import_module

import pytest
from sqlalchemy import delete, select

from app import shops
from app.core.app import App
from app.core.errors import Unauthorized
from app.core.ports.shopify import AccessToken, AdminVisit, ShopDetails
from app.core.tables import metadata
from app.core.times import to_text
from app.shops.model import REDACT_AFTER, SLACK_EARLY
from app.shops.tables import access_tokens
from app.shops.tables import shops as shops_table
from tests.apps import SHOP, clock_of, token_of
from tests.fakes.ports import START
from tests.sources import ROOT
from tests.unit.shops.test_installs import DETAILS, uninstalled

pytestmark = pytest.mark.anyio
TEXT = (ROOT / "docs" / "installations.md").read_text("utf-8")
NAMED = sorted(set(re.findall(r"`(app\.[a-z_.]+): ([\w.]+)`", TEXT)))
COLUMNS = sorted(set(re.findall(r"`(shops|access_tokens|webhook_deliveries)\.(\w+)`", TEXT)))
EXAMPLES = [
    tuple(cell.strip() for cell in line.strip("| ").split("|"))
    for line in TEXT.splitlines()
    if line.startswith("| visit")
]


@dataclass
class Shopify:
    """Shopify with a history: it lets the app in while the app is installed there."""

    app: App
    history: list[tuple[str, datetime]]

    async def exchange(self, visit: AdminVisit) -> AccessToken:
        return token_of(self.app)

    async def refresh(self, token: AccessToken) -> AccessToken:
        self._check()
        return token_of(self.app)

    async def shop_details(self, token: AccessToken) -> ShopDetails:
        self._check()
        return DETAILS

    def _check(self) -> None:
        past = [what for what, at in self.history if at <= self.app.clock.now() and what != "redact"]
        if past[-1] == "uninstall":
            raise Unauthorized(code="token_dead")


def events(cell: str) -> list[tuple[str, datetime]]:
    return [(what, START + timedelta(hours=int(hours))) for what, hours in re.findall(r"(\w+) (\d+)h", cell)]


async def state(app: App) -> str:
    """What the shop is, in the page's words."""
    shop = await shops.shop(app.db, SHOP)
    if shop is None:
        return "deleted"
    token = await app.db.one(select(access_tokens.c.shop_id))
    assert (token is not None) == (shop.is_active and shop.access_lost_at is None)
    assert (shop.uninstalled_at is None) == shop.is_active
    if not shop.is_active:
        return "removed"
    return "installed, access lost" if shop.access_lost_at else "installed"


@pytest.mark.parametrize(("history", "arrivals", "result"), EXAMPLES, ids=[f"{each[1]}" for each in EXAMPLES])
async def test_an_example_ends_as_the_page_says(app: App, history: str, arrivals: str, result: str) -> None:
    shopify = Shopify(app, events(history))
    app = replace(app, shopify_auth=shopify, shopify=shopify)
    for number, (what, at) in enumerate(events(arrivals)):
        clock_of(app).at = max(at, app.clock.now())
        if what == "visit":
            await shops.admit(app, AdminVisit(SHOP, "1", "", {}, issued_at=at))
        elif what == "uninstall":
            await uninstalled(app, at, f"e{number}", updated_at=to_text(at))
        elif await shops.is_over(app, SHOP, at):
            await app.db.batch(delete(access_tokens), delete(shops_table))
    assert await state(app) == result


def test_there_are_examples_of_each_result() -> None:
    assert {result for *_, result in EXAMPLES} == {"installed", "installed, access lost", "removed", "deleted"}


@pytest.mark.parametrize(("module", "name"), NAMED, ids=[name for _, name in NAMED])
def test_a_function_that_the_page_names_exists(module: str, name: str) -> None:
    found: object = import_module(module)
    for part in name.split("."):
        found = getattr(found, part)


def test_every_column_that_the_page_names_exists() -> None:
    assert [(table, column) for table, column in COLUMNS if column not in metadata.tables[table].c] == []


def test_the_page_explains_every_time_of_a_shop() -> None:
    times = {column.name for column in shops_table.c if column.name.endswith("_at")} - {"updated_at"}
    assert len(times) == 7
    assert times <= {column for table, column in COLUMNS if table == "shops"}


def test_the_page_says_how_long_a_redaction_waits() -> None:
    hours = int(REDACT_AFTER.total_seconds() / 3600)
    assert f"follows an uninstall by {hours} hours" in TEXT
    assert f"less than {hours - int(SLACK_EARLY.total_seconds() / 3600)} hours before" in TEXT
