"""Mail to merchants: what needs them, once a day at most, whatever fails."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import update

from app import jobs, notifications, shops
from app.core.app import App
from app.core.capability import Capability
from app.core.errors import Conflict
from app.core.ports.mailer import Mail, NotSent
from app.notifications import Notice, queries
from app.notifications.mail import SEND
from app.shops import Shop
from app.shops.tables import shops as shops_table
from tests.apps import SHOP, clock_of, open_shop

pytestmark = pytest.mark.anyio

KINDS = {kind.name: kind for kind in notifications.KINDS}
FOUND: list[Notice] = []
"""What the capability of these tests has to say."""


async def found_now(app: App, shop: Shop) -> list[Notice]:
    return list(FOUND)


@dataclass
class Outbox:
    """A mailer that notes what it is given. `before` runs first, and may fail."""

    mails: list[tuple[Mail, datetime]] = field(default_factory=list)
    before: Callable[[], Awaitable[None]] | None = None
    now: Callable[[], datetime] = datetime.now

    async def send(self, mail: Mail) -> None:
        if self.before:
            await self.before()
        self.mails.append((mail, self.now()))


@dataclass
class Desk:
    app: App
    outbox: Outbox

    async def happen(self, text: str = "1 line item needs your attention") -> None:
        """Something happens that needs the merchant."""
        FOUND[:] = [Notice(text, "/orders?show=attention")]
        await self.app.db.batch(*await notifications.expect_mail(self.app, SHOP))

    async def run(self) -> None:
        await jobs.run_due(self.app, KINDS)

    async def wait(self, **amount: float) -> None:
        clock_of(self.app).move(**amount)
        await self.run()

    async def mailed_at(self) -> datetime | None:
        to = await queries.recipient(self.app.db, SHOP)
        assert to is not None
        return to.mailed_at


@pytest.fixture
async def desk(app: App) -> AsyncIterator[Desk]:
    outbox = Outbox(now=app.clock.now)
    ours = Capability("tests", notices=("tests.unit.notifications.test_mail:found_now",))
    FOUND.clear()
    await open_shop(app)
    return Desk(replace(app, mailer=outbox, capabilities=(ours,)), outbox)


async def test_events_of_ten_minutes_are_one_mail(desk: Desk) -> None:
    await desk.happen()
    await desk.wait(minutes=9)
    await desk.happen("2 line items need your attention")
    assert desk.outbox.mails == []
    await desk.wait(minutes=1)
    [(mail, _)] = desk.outbox.mails
    assert (mail.to, mail.subject) == ("owner@example.com", "2 line items need your attention")
    assert f"https://{SHOP}/admin/apps/api-key/orders?show=attention" in mail.text
    assert f"https://{SHOP}/admin/apps/api-key/settings" in mail.text


async def test_a_day_of_events_is_one_mail_a_day(desk: Desk) -> None:
    for _ in range(5 * 24):
        await desk.happen()
        await desk.wait(hours=1)
    times = [at for _, at in desk.outbox.mails]
    assert len(times) == 5
    assert all(after - before >= timedelta(days=1) for before, after in itertools.pairwise(times))


async def test_what_happens_after_a_mail_is_told_the_next_day(desk: Desk) -> None:
    await desk.happen()
    await desk.wait(minutes=10)
    await desk.happen("3 line items need your attention")
    await desk.wait(hours=23)
    assert len(desk.outbox.mails) == 1
    await desk.wait(hours=1)
    assert [mail.subject for mail, _ in desk.outbox.mails][1:] == ["3 line items need your attention"]


async def test_what_was_settled_meanwhile_is_not_told(desk: Desk) -> None:
    await desk.happen()
    FOUND.clear()
    await desk.wait(minutes=10)
    assert (desk.outbox.mails, await desk.mailed_at()) == ([], None)
    await desk.happen()
    await desk.wait(minutes=10)
    assert len(desk.outbox.mails) == 1


async def test_several_things_are_one_mail(desk: Desk) -> None:
    await desk.happen()
    FOUND.append(Notice("All 500 previews of this month are used", "/usage"))
    await desk.wait(minutes=10)
    [(mail, _)] = desk.outbox.mails
    assert mail.subject == "2 things in Artify need your attention"
    assert "1 line item needs your attention" in mail.text
    assert "All 500 previews of this month are used" in mail.text


async def test_a_mail_that_was_not_sent_is_tried_again(desk: Desk) -> None:
    async def refuse() -> None:
        raise NotSent

    desk.outbox.before = refuse
    await desk.happen()
    await desk.wait(minutes=10)
    assert (desk.outbox.mails, await desk.mailed_at()) == ([], None)
    desk.outbox.before = None
    await desk.wait(minutes=2)
    assert len(desk.outbox.mails) == 1


async def test_a_crash_while_sending_sends_nothing_twice(desk: Desk) -> None:
    class Crash(BaseException):
        """The process ends."""

    async def crash() -> None:
        desk.outbox.mails.append((Mail("", "it arrived", "", ""), desk.app.clock.now()))
        raise Crash

    desk.outbox.before = crash
    await desk.happen()
    with pytest.raises(Crash):
        await desk.wait(minutes=10)
    desk.outbox.before = None
    await desk.wait(minutes=5)
    await desk.wait(hours=20)
    assert [mail.subject for mail, _ in desk.outbox.mails] == ["it arrived"]
    await desk.happen()
    await desk.wait(hours=4)
    assert len(desk.outbox.mails) == 2


async def test_who_switched_mail_off_gets_none(desk: Desk) -> None:
    shop = await shops.active_shop(desk.app.db, SHOP)
    assert shop is not None
    await desk.happen()
    await notifications.set_mail(desk.app, shop, False)
    await desk.wait(minutes=10)
    assert await notifications.expect_mail(desk.app, SHOP) == []
    assert desk.outbox.mails == []


async def test_a_setting_that_changed_meanwhile_is_not_overwritten(desk: Desk) -> None:
    shop = await shops.active_shop(desk.app.db, SHOP)
    assert shop is not None
    await notifications.set_mail(desk.app, shop, False)
    with pytest.raises(Conflict):
        await notifications.set_mail(desk.app, shop, True)


async def test_a_shop_that_removed_the_app_gets_no_mail(desk: Desk) -> None:
    await desk.happen()
    await desk.app.db.batch(update(shops_table).where(shops_table.c.id == SHOP).values(is_active=False))
    await desk.wait(minutes=10)
    assert await notifications.expect_mail(desk.app, SHOP) == []
    assert desk.outbox.mails == []


async def test_without_a_mailer_nothing_is_scheduled(desk: Desk) -> None:
    silent = replace(desk.app, mailer=None)
    assert await notifications.expect_mail(silent, SHOP) == []
    await desk.happen()
    clock_of(silent).move(minutes=10)
    await jobs.run_due(silent, KINDS)
    assert [job.kind for job in await jobs.jobs_by_status(silent.db, ["done"], 9)] == [SEND]
