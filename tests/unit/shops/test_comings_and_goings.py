"""Installations, visits and uninstalls in any order, while webhooks come late, twice and out of order.

What must hold is told by a Shopify of the tests', which knows what is true. A failure names its seed.
"""

from __future__ import annotations

import random
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from app import jobs, shops
from app.core.app import App
from app.core.errors import AppError, Unauthorized
from app.core.ports.shopify import AccessToken, AdminVisit, ShopDetails, Webhook
from app.shops import Shop
from app.shops.queries.installs import shop as shop_row
from app.shops.tables import access_tokens
from handlers.jobs import KINDS
from tests.apps import SHOP, clock_of, close, make_app
from tests.fakes.ports import SetClock

pytestmark = pytest.mark.anyio
SEEDS = range(100)
STEPS = 25


@dataclass
class Shopify:
    """Whether the app is installed, in which installation, and what it has yet to say of it.

    Its tokens name their installation: one of another is dead. It stands in for the door and for the Admin API.
    """

    clock: SetClock
    installation: int = 0
    installed: bool = False
    seen_since: bool = False
    left_at: list[datetime] = field(default_factory=list)
    mail: list[Webhook] = field(default_factory=list)

    def install(self) -> None:
        if not self.installed:
            self.installation, self.installed, self.seen_since = self.installation + 1, True, False

    def uninstall(self) -> None:
        if self.installed:
            self.installed, event = False, f"left-{self.installation}"
            self.left_at.append(self.clock.now())
            self.mail.append(Webhook(SHOP, "app/uninstalled", event, event, self.clock.now(), {}))

    async def exchange(self, visit: AdminVisit) -> AccessToken:
        if not self.installed:
            raise Unauthorized(code="app_refused")
        return self._pair()

    async def refresh(self, token: AccessToken) -> AccessToken:
        self._check(token)
        return self._pair()

    async def shop_details(self, token: AccessToken) -> ShopDetails:
        self._check(token)
        return ShopDetails("A shop", "owner@example.com", "EUR", "UTC")

    def _check(self, token: AccessToken) -> None:
        if not self.installed or token.access != f"shpat_{self.installation}":
            raise Unauthorized(code="token_dead")

    def _pair(self) -> AccessToken:
        now, number = self.clock.now(), self.installation
        scope = "read_products,write_app_proxy,write_orders"
        life, long_life = timedelta(hours=1), timedelta(days=90)
        return AccessToken(SHOP, f"shpat_{number}", now + life, f"shprt_{number}", now + long_life, scope)


@dataclass
class Life:
    """One shop's, told by a seed."""

    app: App
    shopify: Shopify
    chance: random.Random

    async def step(self) -> None:
        clock_of(self.app).move(seconds=self.chance.choice([0.01, 0.2, 0.5, 2, 7, 40, 600, 4000]))
        await self.chance.choice([self.install, self.uninstall, self.visit, self.visit, self.call, self.mail])()
        await self.check(await self.shop())

    async def install(self) -> None:
        self.shopify.install()

    async def uninstall(self) -> None:
        self.shopify.uninstall()

    async def visit(self) -> None:
        """A merchant opens the app: Shopify lets them in only where it is installed."""
        if not self.shopify.installed:
            return
        now = clock_of(self.app).now()
        await shops.admit(self.app, AdminVisit(SHOP, "1", "id token", {}, issued_at=now.replace(microsecond=0)))
        self.shopify.seen_since = True
        shop = await self.shop()
        assert shop is not None
        assert shop.is_active, "who visits is served"

    async def call(self) -> None:
        """Something wants to tell Shopify. Once it was refused, the next visit must bring a token that works."""
        try:
            await shops.ask(self.app, SHOP, self.shopify.shop_details)
        except AppError:
            if self.shopify.installed:
                await self.visit()
                await shops.ask(self.app, SHOP, self.shopify.shop_details)

    async def mail(self) -> None:
        """One webhook arrives, not always the oldest, and sometimes again later."""
        if self.shopify.mail:
            message = self.chance.choice(self.shopify.mail)
            if self.chance.random() < 0.6:
                self.shopify.mail.remove(message)
            await self.deliver(message)

    async def deliver(self, message: Webhook) -> None:
        again = replace(message, event_id=f"{message.event_id}-{self.chance.random()}")
        await shops.receive(self.app, self.chance.choice([message, again]), "shops.uninstall", {})
        await jobs.run_due(self.app, KINDS)

    async def shop(self) -> Shop | None:
        return await shop_row(self.app.db, SHOP)

    async def check(self, shop: Shop | None) -> None:
        if shop is None:
            return
        if self.shopify.installed and self.shopify.seen_since:
            assert shop.is_active, "a present installation that was seen stays, whatever comes late"
            for left in self.shopify.left_at[-2:]:
                assert not await shops.is_over(self.app, SHOP, left + timedelta(hours=48)), "its data stay"

    async def end(self, *, lost: bool) -> None:
        """Everything that was under way arrives, or none of it ever does. Then Shopify says that the shop is over."""
        clock_of(self.app).move(minutes=5)
        self.chance.shuffle(self.shopify.mail)
        for message in [] if lost else self.shopify.mail:
            await self.deliver(message)
        await self.check(await self.shop())
        if await self.shop() is not None and not self.shopify.installed:
            assert await shops.is_over(self.app, SHOP, self.shopify.left_at[-1] + timedelta(hours=48))
            shop = await self.shop()
            assert shop is not None
            assert not shop.is_active
            assert lost or await self.app.db.all(select(access_tokens.c.shop_id)) == []


@pytest.fixture
async def app(tmp_path: Path, anyio_backend: str) -> AsyncIterator[App]:
    made = make_app(tmp_path)
    yield made
    await close(made)


@pytest.mark.parametrize("seed", SEEDS)
async def test_a_shop_is_here_when_it_is_here_and_gone_when_it_is_gone(app: App, seed: int) -> None:
    shopify = Shopify(clock_of(app))
    life = Life(replace(app, shopify_auth=shopify, shopify=shopify), shopify, random.Random(seed))
    for _ in range(STEPS):
        await life.step()
    await life.end(lost=seed % 2 == 1)
