"""A shop that has left and is redacted leaves no trace of its generations, whoever requested them."""

from __future__ import annotations

from typing import Any

import pytest

from app import shops
from app.core.ids import new_token
from app.core.times import to_text
from tests.apps import OTHER_SHOP, SHOP, clock_of
from tests.integration import webhooks
from tests.lifecycle.studio import Studio

pytestmark = pytest.mark.anyio
OUTLIVES_SHOP = {"audit_log", "jobs", "webhook_deliveries"}
"""Tables that may name a shop which is gone."""


async def test_a_shops_redaction_leaves_no_row_and_no_object(studio: Studio) -> None:
    browser = studio.requester()
    await studio.made(browser)
    await studio.ask(browser)
    await deliver(studio, "app/uninstalled", webhooks.left(SHOP))
    await studio.run()
    clock_of(studio.app).move(hours=49)
    await deliver(studio, "shop/redact", webhooks.redact(SHOP))
    await studio.run_all()
    assert await studio.rows() == []
    assert [each.key for each in await studio.app.files.list(f"{SHOP}/")] == []
    assert await studio.mentions(SHOP) <= OUTLIVES_SHOP
    assert await shops.active_shop(studio.app.db, OTHER_SHOP)


async def deliver(studio: Studio, topic: str, payload: Any) -> None:
    at = to_text(studio.app.clock.now())
    event = new_token()
    answer = await webhooks.deliver(
        studio.http, payload, topic=topic, shop_domain=SHOP, triggered_at=at, event_id=event, webhook_id=event
    )
    assert answer.status_code == 200, answer.text
