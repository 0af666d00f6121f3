"""A request with an idempotency key is made and charged once, however often it arrives."""

from __future__ import annotations

import asyncio

import pytest

from tests.lifecycle.studio import Studio, of_shoppers

pytestmark = pytest.mark.anyio
MOST_BATCHES = 6
"""More than a request has, so that the answer of each is lost once."""


async def test_a_repeated_key_gives_the_same_generation_and_is_charged_once(studio: Studio) -> None:
    browser = studio.requester()
    first = await studio.ask(browser, idempotency_key="key")
    charged = await studio.charged()
    again = await studio.ask(browser, idempotency_key="key")
    await studio.run()
    late = await studio.ask(browser, idempotency_key="key")
    assert {first["id"], again["id"], late["id"]} == {row["id"] for row in await studio.rows()}
    assert await studio.charged() == charged
    assert charged[0] > 0


async def test_a_key_that_arrives_several_times_at_once_is_charged_once(studio: Studio) -> None:
    browser = studio.requester()
    answers = await asyncio.gather(*[studio.ask(browser, idempotency_key="key") for _ in range(4)])
    once = await studio.charged()
    assert {each["id"] for each in answers} == {row["id"] for row in await studio.rows()}
    await studio.ask(browser)
    assert await studio.charged() == (2 * once[0], 0)
    assert await studio.run() == 2


async def test_a_key_that_comes_with_another_request_is_a_conflict(studio: Studio) -> None:
    browser = studio.requester()
    await studio.ask(browser, idempotency_key="key")
    charged = await studio.charged()
    refused = await studio.post(browser, 1, idempotency_key="key")
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "idempotency_key_reused")
    assert await studio.charged() == charged
    assert len(await studio.rows()) == 1


@of_shoppers
async def test_a_visitors_key_is_theirs_alone(studio: Studio) -> None:
    """Another visitor's same key is another request: here it fails, because the photo is the first one's."""
    await studio.ask(studio.requester(), idempotency_key="key")
    for other in (studio.guest(), studio.customer("9001")):
        answer = await studio.post(other, idempotency_key="key")
        assert (answer.status_code, answer.json()["error"]["code"]) == (404, "upload_missing")
    assert len(await studio.rows()) == 1


@pytest.mark.parametrize("batch", range(MOST_BATCHES))
async def test_a_request_whose_answer_was_lost_can_be_repeated(studio: Studio, batch: int) -> None:
    browser = studio.requester()
    studio.db.lose(batch)
    lost = await studio.post(browser, idempotency_key="key")
    studio.db.lose(None)
    assert lost.status_code in (202, 503)
    assert batch < MOST_BATCHES - 1 or lost.status_code == 202
    asked = await studio.ask(browser, idempotency_key="key")
    once = await studio.charged()
    assert [row["id"] for row in await studio.rows()] == [asked["id"]]
    await studio.run()
    assert (await studio.state(asked))["status"] == "completed"
    assert await studio.charged() == once
