"""One visitor's crowd of previews in one shop keeps no other shop's preview waiting, whatever runs the jobs."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from handlers.jobs import LOOPS
from handlers.runtimes import aws_lambda
from handlers.runtimes.loops import Loops
from tests import soak
from tests.fakes.ports import NotingQueue
from tests.integration.servers import OTHER_SHOP, SHOP
from tests.integration.world import World, until

pytestmark = pytest.mark.anyio
SLOTS = 3
FLOOD, SMALL_FLOOD = soak.size(100, 16), soak.size(30, 12)
GENERATION = (
    "shop_id, product_id, ai_style_id, size_id, guest_session_id, upload_asset_id, generation_type, status, crop,"
    " ai_prompt_used, quota_period, created_at, updated_at"
)
JOB = "shop_id, kind, priority, run_at, created_at, updated_at"


async def flooded(world: World, count: int) -> dict[str, Any]:
    """So many previews of one visitor wait in one shop; the first of them."""
    preview = await world.storefront().asked()
    for at in range(1, count):
        world.change(
            f"INSERT INTO generations (id, {GENERATION}) SELECT ?, {GENERATION} FROM generations WHERE id = ?",
            *(f"flood-{at}", preview["id"]),
        )
        world.change(
            f"INSERT INTO jobs (id, subject_id, dedupe_key, {JOB})"
            f" SELECT ?, ?, ?, {JOB} FROM jobs WHERE subject_id = ?",
            *(f"f{at:03}", f"flood-{at}", f"personalization.preview:flood-{at}", preview["id"]),
        )
    return preview


async def asked_elsewhere(world: World) -> dict[str, Any]:
    """A preview of a visitor of another shop."""
    other = world.storefront(OTHER_SHOP)
    style = (await other.offer("1001"))["styles"][0]["id"]
    return await other.asked(product_id="1001", variant_id="2001", style_id=style)


def order_of_starts(world: World) -> list[str]:
    """The previews in the order in which their jobs were taken, by id."""
    taken = "SELECT subject_id FROM jobs WHERE kind = 'personalization.preview' AND lease_order IS NOT NULL"
    return [row["subject_id"] for row in world.rows(f"{taken} ORDER BY lease_order")]


async def test_one_loop_makes_the_other_shops_preview_among_the_first(world: World) -> None:
    await flooded(world, FLOOD)
    single = await asked_elsewhere(world)
    await world.run_jobs()
    starts = order_of_starts(world)
    assert len(starts) == FLOOD + 1
    assert starts.index(single["id"]) <= SLOTS


async def test_a_server_uses_a_shops_three_slots_and_has_a_loop_left_for_the_others(world: World) -> None:
    await flooded(world, 10)
    world.painter.gate.clear()
    loops = Loops(world.app, *LOOPS)
    loops.start()
    await until(lambda: len(world.painter.asked) == SLOTS)
    assert world.quota()["running"] == SLOTS
    single = await asked_elsewhere(world)
    await until(lambda: single["id"] in order_of_starts(world))
    assert world.quota(OTHER_SHOP)["running"] == 1
    world.painter.gate.set()
    await until(lambda: len(order_of_starts(world)) == 11 and world.quota()["running"] == 0, seconds=60)
    await loops.stop()


async def test_messages_that_name_a_flood_run_the_other_shops_preview_too(world: World) -> None:
    """In the order in which they were sent, one after another: the last message names the other shop's preview."""
    await flooded(world, SMALL_FLOOD)
    single = await asked_elsewhere(world)
    queue = NotingQueue()
    app = replace(world.app, queue=queue)
    queue.woken = [
        row["id"] for row in world.rows("SELECT id FROM jobs WHERE status = 'pending' ORDER BY created_at, id")
    ]
    while queue.woken:
        job_id = queue.woken.pop(0)
        assert await aws_lambda._run_woken(app, [{"messageId": job_id, "body": job_id}]) == []
    starts = order_of_starts(world)
    assert starts.index(single["id"]) <= SLOTS
    assert len(starts) == SMALL_FLOOD + 1
    assert world.rows("SELECT id FROM jobs WHERE status = 'pending'") == []


async def test_shoppers_are_told_how_many_previews_of_all_shops_come_first(world: World) -> None:
    first = await flooded(world, SMALL_FLOOD)
    single = await asked_elsewhere(world)
    other, flood = world.storefront(OTHER_SHOP), world.storefront()
    told = (await other.look(single))["queue_position"]
    assert 0 <= told <= 1
    assert (await flood.look(first))["queue_position"] <= 1
    await world.run_jobs()
    assert order_of_starts(world).index(single["id"]) <= told
    assert "queue_position" not in await other.look(single)
    assert world.quota(SHOP)["running"] == 0
