"""Whatever becomes of a call to Shopify, a paid order ends with one value a line and one tag, or its fault is seen."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest

from app.adapters.shopify import Admin
from tests import processes
from tests.apps import environ
from tests.integration.between import FAULTS, Between, between
from tests.integration.servers import SHOP
from tests.integration.storefront import MUG_VARIANT
from tests.integration.world import World
from tests.sizes import resized
from tests.sources import ROOT

pytestmark = pytest.mark.anyio
TAG = "artify-print-ready"
GIVEN_UP = {"user error": "failed", "error 500": "dead"}
CALL_S = 2.0
"""How long the app waits for Shopify here."""
CALLS = ("the first line's value", "the tag", "the second line's value", "the tag again")
Order = dict[str, Any]


@pytest.fixture
async def road(world: World) -> AsyncIterator[Between]:
    """The road from the app to Shopify's Admin API; mugs are small here, and the shop's access is its own."""
    world.change("DELETE FROM access_tokens WHERE shop_id = ?", SHOP)
    assert (await world.merchant().document()).status_code == 200
    await world.run_jobs()
    for statement in resized(600, 280):
        world.change(statement)
    with between(world.shopify.url) as (road, url):
        world.app = replace(world.app, shopify=Admin("2026-10", base_url=url, seconds=CALL_S, sleep=_at_once))
        yield road


async def test_an_order_of_two_lines_needs_four_calls(world: World, road: Between) -> None:
    order = await bought(world)
    await world.run_all_jobs()
    assert road.calls == len(CALLS)
    check_told_once(world, order)


@pytest.mark.parametrize("number", range(len(CALLS)), ids=CALLS)
@pytest.mark.parametrize("fault", [fault for fault in FAULTS if fault != "user error"])
async def test_a_call_that_fails_is_made_again_until_the_order_knows(
    world: World, road: Between, fault: str, number: int
) -> None:
    order = await bought(world)
    road.plan = [""] * number + [fault]
    await world.run_all_jobs()
    assert road.calls > len(CALLS)
    check_told_once(world, order)
    assert {job["status"] for job in world.rows("SELECT status FROM jobs")} == {"done"}


async def test_hours_without_shopify_are_waited_for(world: World, road: Between) -> None:
    order = await bought(world)
    road.plan = ["error 500"] * 1000
    for _ in range(10):
        await world.run_jobs()
        world.clock.move(hours=1)
    assert open_notes(world) == {"pending"}
    check_printed(world)
    road.plan = []
    await world.run_all_jobs()
    check_told_once(world, order)


@pytest.mark.parametrize("fault", ["user error", "error 500"])
async def test_what_is_given_up_is_seen_and_can_be_done_again(world: World, road: Between, fault: str) -> None:
    order = await bought(world)
    road.plan = [fault] * 1000
    for _ in range(40):
        await world.run_jobs()
        world.clock.move(hours=2)
    check_printed(world)
    assert open_notes(world) == {GIVEN_UP[fault]}
    road.plan = []
    first, second = world.rows("SELECT id, subject_id FROM jobs WHERE status = ?", GIVEN_UP[fault])
    page = (await world.merchant().document("/orders", show="attention")).text
    assert page.count("Shopify does not show it yet") == page.count("Update Shopify again") == 2
    assert first["id"] in operator(world, "list")
    assert operator(world, "retry", first["id"]) == "queued again\n"
    row = await world.merchant().orders_post(second["subject_id"], "note")
    assert row.status_code == 200
    assert ("Adding the print file" in row.text, "Update Shopify again" in row.text) == (True, False)
    await world.run_all_jobs()
    check_told_once(world, order)


async def bought(world: World) -> Order:
    """A paid order of two lines."""
    design = await world.design()
    line = {"variant_id": int(MUG_VARIANT), "quantity": 1, "properties": {"_artify_preview": design["id"]}}
    return world.shopify.order(line, line)


def check_told_once(world: World, order: Order) -> None:
    """The order has one value for each line, which names the file that is its print, and one tag."""
    check_printed(world)
    items = {item["shopify_line_item_id"]: item["print_asset_id"] for item in world.rows("SELECT * FROM order_items")}
    marks = world.shopify.marks(order)
    told = {name: json.loads(value["value"])["file_id"] for name, value in marks["metafields"].items()}
    assert told == {f"artify.print_{line}": asset for line, asset in items.items()}
    assert marks["tags"] == [TAG]


def check_printed(world: World) -> None:
    assert [item["state"] for item in world.rows("SELECT state FROM order_items")] == ["ready", "ready"]
    assert len(world.rows("SELECT id FROM assets WHERE purpose = 'print'")) == 2


def operator(world: World, *arguments: str) -> str:
    """What `artify jobs` says, in a process of its own."""
    settings = world.app.settings
    told = environ(world.folder) | {"DATABASE_URL": settings.database_url, "APP_URL": settings.app_url}
    whole = [sys.executable, "-m", "handlers.cli", "jobs", *arguments]
    return processes.run(whole, cwd=ROOT, env=os.environ | told, capture_output=True, text=True, check=True).stdout


def open_notes(world: World) -> set[str]:
    return {job["status"] for job in world.rows("SELECT status FROM jobs WHERE kind = 'personalization.note_print'")}


async def _at_once(seconds: float) -> None:
    """The waits between tries, not waited for."""
