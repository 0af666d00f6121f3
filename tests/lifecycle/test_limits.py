"""What shoppers may ask is limited, what a request costs the database is bounded, and logs keep no secret."""

from __future__ import annotations

import json
from collections.abc import Awaitable
from typing import TypeVar

import pytest
from sqlalchemy import update

from app.core.errors import TooMany
from app.quotas.tables import quotas
from app.shops.tables import rate_limits
from handlers.http.limits import LIMITS, MESSAGES
from tests.lifecycle.studio import Admin, Studio, of_shoppers

T = TypeVar("T")
pytestmark = pytest.mark.anyio
MOST = 6
"""Calls of the database, whole batches among them, in one request: D1 answers each over a network."""


@of_shoppers
@pytest.mark.parametrize("by", ["visitor", "address"])
async def test_a_visitor_who_has_requested_as_often_as_they_may_is_told_when_to_come_back(
    studio: Studio, by: str
) -> None:
    await refused_until_later(studio, by)


@pytest.mark.parametrize("by", ["shop", "everyone"])
async def test_a_shop_that_has_requested_as_often_as_it_may_is_told_when_to_come_back(studio: Studio, by: str) -> None:
    await refused_until_later(studio, by)


async def refused_until_later(studio: Studio, by: str) -> None:
    """Request once, fill the limit, and request again."""
    browser, limit = studio.requester(), studio.asking.limit
    await studio.ask(browser)
    charged, most = await studio.charged(), LIMITS[limit].of(by)
    assert most
    full = rate_limits.c.key.startswith(f"{limit}:{by}:")
    [changed] = await studio.app.db.batch(update(rate_limits).where(full).values(count=most))
    assert changed.rowcount == 1
    refused = await studio.post(browser)
    sentence = MESSAGES.get(f"{limit}:{by}") or MESSAGES.get(limit) or TooMany.message
    assert (refused.status_code, refused.json()["error"]["message"]) == (429, sentence)
    assert 0 < int(refused.headers["Retry-After"]) <= 60
    assert await studio.charged() == charged


async def test_a_shop_whose_month_is_used_up_says_so_and_charges_nothing(studio: Studio) -> None:
    browser = studio.requester()
    await studio.ask(browser)
    charged, _ = await studio.charged()
    await studio.app.db.batch(update(quotas).values(monthly_generation_limit=charged))
    refused = await studio.post(browser)
    [(code, sentence)] = studio.asking.kind.charge.refusals.items()
    assert refused.status_code == 402
    assert (refused.json()["error"]["code"], refused.json()["error"]["message"]) == (code, sentence)
    assert (await studio.charged(), len(await studio.rows())) == ((charged, 0), 1)


async def test_no_request_asks_the_database_more_than_six_times(studio: Studio) -> None:
    """In their longest ways: a new visitor, a known one, a repeated key, a state while it waits and when it is done."""
    browser = studio.requester()
    await counted(studio, studio.ask(browser, idempotency_key="key"))
    await counted(studio, studio.ask(browser, idempotency_key="key"))
    asked = await counted(studio, studio.ask(browser))
    await counted(studio, studio.state(asked))
    await studio.run()
    await counted(studio, studio.state(asked))
    await counted(studio, studio.cancel(browser, asked))


@of_shoppers
async def test_no_request_of_a_customer_asks_the_database_more_than_six_times(studio: Studio) -> None:
    open_one = await counted(studio, studio.ask(studio.customer("9001"), upload_id=await studio.photo()))
    await counted(studio, studio.cancel(studio.customer("9001"), open_one))


async def counted(studio: Studio, request: Awaitable[T]) -> T:
    """The answer to a request that called the database often enough, and not too often."""
    studio.db.calls.clear()
    answer = await request
    assert 1 <= len(studio.db.calls) <= MOST
    return answer


async def test_a_story_leaves_no_secret_in_the_log(studio: Studio) -> None:
    browser = studio.requester()
    asked = await studio.made(browser, idempotency_key="a-key-of-a-browser")
    shown = await studio.state(asked)
    await studio.cancel(browser, await studio.ask(browser))
    links = [value.partition("s=")[2][:64] for name, value in shown.items() if name.endswith("_url")]
    prompts = [request.prompt for request in studio.painter.asked]
    own = [browser.token] if isinstance(browser, Admin) else [asked["guest_token"], asked["view_token"]]
    secrets = [*own, "a-key-of-a-browser", *prompts, *links]
    log = studio.log.getvalue()
    assert all(secrets)
    assert [secret for secret in secrets if str(secret) in log] == []
    assert "signature" not in log
    assert studio.asking.kind.name in {json.loads(line).get("kind") for line in log.splitlines()}
