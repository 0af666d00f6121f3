"""A generation is its visitor's and its shop's: to everybody else it is not there."""

from __future__ import annotations

import re

import pytest

from app.adapters.database.sql import compile_sql
from app.adapters.database.sqlite_dialect import DIALECT
from app.core.ports.database import Expect
from app.core.tables import metadata
from tests.apps import OTHER_SHOP, SHOP, clock_of
from tests.lifecycle.studio import Studio, of_shoppers

pytestmark = pytest.mark.anyio


async def test_another_shop_can_neither_see_nor_cancel_it(studio: Studio) -> None:
    asked = await studio.made(studio.requester())
    other = studio.requester(OTHER_SHOP)
    for answer in (await studio.look(other, asked), await studio.cancel(other, asked)):
        assert (answer.status_code, answer.json()["error"]["code"]) == (404, "not_found")


@of_shoppers
async def test_another_visitor_of_any_shop_cannot_cancel_it(studio: Studio) -> None:
    asked = await studio.ask(studio.requester())
    await studio.ask(stranger := studio.guest(), upload_id=await studio.photo())
    strangers = (stranger, studio.guest(), studio.customer("9001"), studio.guest(OTHER_SHOP))
    answers = [await studio.cancel(each, asked) for each in (*strangers, studio.customer("9001", OTHER_SHOP))]
    assert {(answer.status_code, answer.json()["error"]["code"]) for answer in answers} == {(404, "not_found")}
    assert (await studio.state(asked))["status"] == "pending"


@of_shoppers
async def test_its_state_is_shown_to_its_view_token_alone_and_for_a_day(studio: Studio) -> None:
    browser = studio.requester()
    asked = await studio.ask(browser)
    other = await studio.ask(browser)
    for token in ("", "x", other["view_token"], asked["view_token"] + "0"):
        assert (await studio.look(browser, asked | {"view_token": token})).status_code == 404
    clock_of(studio.app).move(hours=23)
    assert (await studio.look(browser, asked)).status_code == 200
    clock_of(studio.app).move(hours=1)
    assert (await studio.look(browser, asked)).status_code == 404


@of_shoppers
async def test_a_shop_that_removed_the_app_shows_nothing(studio: Studio) -> None:
    browser = studio.requester()
    asked = await studio.made(browser)
    shop_rows = metadata.tables["shops"]
    await studio.app.db.batch(shop_rows.update().where(shop_rows.c.id == SHOP).values(is_active=False))
    assert {each.status_code for each in (await studio.look(browser, asked), await studio.post(browser))} == {404}


async def test_every_statement_on_its_table_names_a_shop(studio: Studio) -> None:
    browser = studio.requester()
    studio.db.calls.clear()
    asked = await studio.ask(browser, idempotency_key="key")
    await studio.cancel(browser, await studio.ask(browser, 1))
    await studio.run()
    await studio.state(asked)
    table = studio.asking.kind.table.name
    written = [_sql(each) for call in studio.db.calls for each in call]
    on_table = [sql for sql in written if re.search(rf"(FROM|INTO|UPDATE) {table}\b", sql)]
    assert len(on_table) > 5
    assert [sql for sql in on_table if "shop_id" not in sql.partition("INTO" if "INTO" in sql else "WHERE")[2]] == []


def _sql(statement: object) -> str:
    inner = statement.statement if isinstance(statement, Expect) else statement
    return " ".join(compile_sql(inner, DIALECT).text.split())
