"""The settings page, and the mail that it switches on and off."""

from __future__ import annotations

import email
import email.policy
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.integration import webhooks
from tests.integration.conftest import copied, opened
from tests.integration.servers import Front, Shopify
from tests.integration.world import World

pytestmark = pytest.mark.anyio

OFF = "Artify sends no emails."


@pytest.fixture
async def mailing(tmp_path: Path, two_shops: Path, front: Front, shopify: Shopify) -> AsyncIterator[World]:
    copied(two_shops, tmp_path)
    settings = {"MAIL_URL": f"file:{tmp_path / 'mail'}", "MAIL_FROM": "Artify <artify@example.com>"}
    async with opened(tmp_path, front, shopify, **settings) as world:
        yield world


def mails(world: World) -> list[tuple[str, str]]:
    """Subject and text of each mail, oldest first."""
    paths = sorted((world.folder / "mail").glob("*.eml"))
    read = [email.message_from_bytes(path.read_bytes(), policy=email.policy.default) for path in paths]
    return [(mail["Subject"], mail.get_content()) for mail in read]


async def test_a_line_that_cannot_be_printed_is_mailed(mailing: World) -> None:
    await webhooks.deliver(mailing.http, webhooks.order(webhooks.line("nothing")))
    await mailing.run_jobs()
    assert mails(mailing) == []
    mailing.clock.move(minutes=10)
    await mailing.run_jobs()
    [(subject, text)] = mails(mailing)
    assert subject == "1 line item needs your attention"
    assert "in Artify Demo" in text
    assert "/orders?show=attention" in text


async def test_a_month_that_is_used_up_is_mailed(mailing: World) -> None:
    await mailing.design()
    mailing.change("UPDATE quotas SET monthly_generation_limit = 1")
    refused = await mailing.storefront().ask()
    assert refused.status_code == 402
    mailing.clock.move(minutes=10)
    await mailing.run_jobs()
    [(subject, _)] = mails(mailing)
    assert subject == "All 1 previews of this month are used, until 1 December"


async def test_mail_is_switched_off_and_on(mailing: World) -> None:
    merchant = mailing.merchant()
    assert "It sends at most one email a day." in (await merchant.document("/settings")).text
    answer = await merchant.post("/settings/mail", {"wanted": False})
    assert OFF in answer.text
    assert OFF in (await merchant.document("/settings")).text
    await webhooks.deliver(mailing.http, webhooks.order(webhooks.line("nothing")))
    await mailing.run_jobs()
    mailing.clock.move(minutes=10)
    await mailing.run_jobs()
    assert mails(mailing) == []
    assert OFF not in (await merchant.post("/settings/mail", {"wanted": True})).text


async def test_without_a_mail_server_the_page_says_so(world: World) -> None:
    page = (await world.merchant().document("/settings")).text
    assert "Email is not set up for this installation of Artify." in page
    assert "<form" not in page


@pytest.mark.parametrize("wanted", ["maybe", None, 7])
async def test_a_setting_that_is_none_is_refused(mailing: World, wanted: object) -> None:
    assert (await mailing.merchant().post("/settings/mail", {"wanted": wanted})).status_code == 422
