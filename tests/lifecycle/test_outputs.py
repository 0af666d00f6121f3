"""A generation of several files: each is stored, has its row, and is charged; what was not made is refunded."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest

from app import generation
from app.core.errors import Unprocessable
from app.core.ports.database import Row
from app.media.queries import asset as asset_of
from tests.apps import OTHER_SHOP, SHOP
from tests.lifecycle.studio import LostAnswer, Studio, only

pytestmark = [pytest.mark.anyio, only(lambda asking: asking.kind.outputs is not None)]


async def outputs(studio: Studio, asked: dict[str, Any], shop: str = SHOP) -> list[generation.StoredOutput]:
    return await generation.outputs(studio.app.db, shop, studio.asking.kind, asked["id"])


async def output_rows(studio: Studio) -> list[Row]:
    return await studio.rows(studio.asking.kind.outputs.name)


@pytest.mark.parametrize("wanted", [1, 2, 3, 4])
async def test_each_output_is_stored_with_a_row_of_its_own_and_charged(studio: Studio, wanted: int) -> None:
    asked = await studio.made(studio.requester(), wanted=wanted)
    made = await outputs(studio, asked)
    assert [each.position for each in made] == list(range(1, wanted + 1))
    for each in made:
        stored = await asset_of(studio.app.db, SHOP, str(each.asset_id))
        assert stored is not None
        assert (stored.purpose, stored.owner_id) == (f"output_{each.position}", asked["id"])
        assert await studio.app.files.get(stored.key) == b"painted"
    assert await studio.charged() == (wanted, 0)
    counted, there = await studio.stored()
    assert counted == there


@pytest.mark.parametrize("most", [1, 2, 3])
async def test_what_was_not_delivered_is_refunded(studio: Studio, most: int) -> None:
    studio.painter.most = most
    asked = await studio.ask(studio.requester(), wanted=4)
    assert await studio.charged() == (4, 0)
    await studio.run()
    assert len(await outputs(studio, asked)) == most
    assert await studio.charged() == (most, 0)


async def test_what_is_cancelled_or_fails_has_no_outputs(studio: Studio) -> None:
    browser = studio.requester()
    cancelled = await studio.ask(browser, wanted=4)

    async def cancel() -> None:
        await studio.cancel(browser, cancelled)

    async def fail() -> None:
        raise Unprocessable("It cannot be drawn.", code="ai_refused")

    for before in (cancel, fail):
        studio.painter.before = before
        await studio.run()
        await studio.ask(browser, wanted=4)
    await studio.run()
    assert (await output_rows(studio), await studio.files(), await studio.charged()) == ([], [], (0, 0))


@pytest.mark.parametrize("batch", range(6))
async def test_an_answer_that_was_lost_leaves_each_output_once(studio: Studio, batch: int) -> None:
    asked = await studio.ask(studio.requester(), wanted=3)
    studio.db.lose(batch)
    with suppress(LostAnswer):  # the loop of jobs goes on after it
        await studio.run()
    studio.db.lose(None)
    await studio.run_all()
    assert [each.position for each in await outputs(studio, asked)] == [1, 2, 3]
    assert len(await studio.files()) == 3
    assert await studio.charged() == (3, 0)


async def test_another_shop_has_none_of_them(studio: Studio) -> None:
    asked = await studio.made(studio.requester())
    assert await outputs(studio, asked, OTHER_SHOP) == []
