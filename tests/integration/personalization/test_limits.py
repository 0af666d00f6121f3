"""Repeats, quotas, queues and rates: what one shopper can cost a shop."""

from __future__ import annotations

import asyncio

import pytest

from app.core.errors import Unavailable
from tests.integration.servers import OTHER_SHOP
from tests.integration.world import World, until
from tests.pictures import Sample, good

pytestmark = pytest.mark.anyio
PHOTO = Sample(b"x" * 100, "a.jpg", "image/jpeg")


async def test_the_same_key_gives_the_same_preview(world: World) -> None:
    storefront = world.storefront()
    wish = await storefront.wish(idempotency_key="once")
    first = await storefront.asked(**wish)
    assert await storefront.asked(**wish) == first
    assert len(world.rows("SELECT id FROM generations")) == 1
    assert world.quota()["current_generations"] == 1


async def test_a_key_repeats_its_answer_after_the_picture_is_made(world: World) -> None:
    storefront = world.storefront()
    wish = await storefront.wish(idempotency_key="once")
    design = await world.design(storefront, **wish)
    again = await storefront.asked(**wish)
    assert (again["id"], again["status"]) == (design["id"], "completed")


@pytest.mark.parametrize("field", ["upload_id", "style_id", "product_id", "crop"])
async def test_a_key_for_another_wish_is_a_conflict(world: World, field: str) -> None:
    storefront = world.storefront()
    wish = await storefront.wish(idempotency_key="once")
    other = {
        "upload_id": await storefront.upload(),
        "style_id": (await storefront.offer())["styles"][1]["id"],
        "product_id": "7700000000003",
        "crop": {"x": 0, "y": 0, "width": 0.9, "height": 0.9},
    }
    await storefront.asked(**wish)
    if field == "product_id":
        wish |= {"variant_id": "7800000000031"}
    answer = await storefront.ask(**wish | {field: other[field]})
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "idempotency_key_reused")


async def test_a_key_belongs_to_its_shopper(world: World) -> None:
    one, other = world.storefront(customer="1"), world.storefront(customer="2")
    first, second = await one.asked(idempotency_key="once"), await other.asked(idempotency_key="once")
    assert first["id"] != second["id"]


@pytest.mark.parametrize("left", [8, 1])
async def test_eight_repeats_at_once_make_one_preview_and_count_once(world: World, left: int) -> None:
    storefront = world.storefront(customer="9001")
    wish = await storefront.wish(idempotency_key="once")
    await storefront.asked(**wish | {"idempotency_key": "first"})
    world.change("UPDATE quotas SET monthly_generation_limit = ?", 1 + left)
    answers = await asyncio.gather(*[storefront.post("previews", wish) for _ in range(8)])
    assert [answer.status_code for answer in answers] == [202] * 8
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert len(world.rows("SELECT id FROM generations WHERE idempotency_key = 'once'")) == 1
    assert world.quota()["current_generations"] == 2


async def test_a_guest_whose_answer_is_lost_gets_the_same_preview_by_the_token_that_they_made(world: World) -> None:
    guest, stranger = world.storefront(), world.storefront()
    guest.guest_token, stranger.guest_token = "own-" + "1" * 64, "own-" + "2" * 64
    wish = await guest.wish(idempotency_key="once")
    lost = await asyncio.gather(*[guest.post("previews", wish) for _ in range(4)])
    again = await guest.asked(**wish)
    assert {answer.json()["id"] for answer in lost} == {again["id"]}
    assert again["guest_token"] == guest.guest_token
    assert world.quota()["current_generations"] == 1
    for other in (stranger, world.storefront()):
        assert (await other.ask(**wish)).status_code == 404
        assert other.guest_token != guest.guest_token
        assert (await other.cancel(again)).status_code == 404


async def test_a_used_up_month_is_a_402_that_counts_nothing(world: World) -> None:
    storefront = world.storefront()
    await storefront.asked()
    world.change("UPDATE quotas SET monthly_generation_limit = 1")
    answer = await storefront.ask()
    assert (answer.status_code, answer.json()["error"]["code"]) == (402, "quota_exhausted")
    assert answer.json()["error"]["message"].endswith("Come back next month.")
    assert (world.quota()["current_generations"], len(world.rows("SELECT id FROM jobs"))) == (1, 1)


async def test_a_new_month_starts_at_nothing(world: World) -> None:
    storefront = world.storefront()
    await storefront.asked()
    world.change("UPDATE quotas SET monthly_generation_limit = 1")
    world.clock.move(days=31)
    assert (await storefront.ask()).status_code == 202
    assert world.quota()["current_generations"] == 1


async def test_another_shop_has_a_quota_of_its_own(world: World) -> None:
    await world.storefront().asked()
    world.change("UPDATE quotas SET monthly_generation_limit = 1")
    other = world.storefront(OTHER_SHOP)
    style = (await other.offer("1001"))["styles"][0]["id"]
    await other.asked(product_id="1001", variant_id="2001", style_id=style)
    assert world.quota(OTHER_SHOP)["current_generations"] == 1


async def test_a_preview_that_failed_is_not_counted(world: World) -> None:
    storefront = world.storefront()
    preview = await storefront.asked()
    world.painter.faults = [Unavailable()] * 3
    await world.run_all_jobs()
    assert (await storefront.look(preview))["status"] == "failed"
    assert world.quota()["current_generations"] == 0


async def test_three_are_made_at_once_and_the_fourth_waits_in_line(world: World) -> None:
    storefront = world.storefront()
    previews = []
    for _ in range(5):
        previews.append(await storefront.asked(upload_id=await storefront.upload()))
        world.clock.move(seconds=1)
    world.painter.gate.clear()
    workers = [asyncio.create_task(world.run_jobs()) for _ in range(4)]
    await until(lambda: len(world.painter.asked) == 3 and any(worker.done() for worker in workers))
    states = [await storefront.look(preview) for preview in previews]
    assert [state["status"] for state in states] == ["processing"] * 3 + ["pending"] * 2
    assert [state.get("queue_position") for state in states] == [None, None, None, 0, 1]
    assert world.quota()["running"] == 3
    world.painter.gate.set()
    await asyncio.gather(*workers)
    await world.run_jobs()
    assert [(await storefront.look(preview))["status"] for preview in previews] == ["completed"] * 5
    assert world.quota()["running"] == 0


async def test_the_eleventh_preview_in_a_minute_is_told_when_to_come_back(world: World) -> None:
    storefront = world.storefront(customer="9001")
    wish = await storefront.wish(idempotency_key="once")
    world.clock.move(minutes=1)
    answers = [await storefront.post("previews", wish) for _ in range(11)]
    assert [answer.status_code for answer in answers] == [202] * 10 + [429]
    assert answers[-1].headers["Retry-After"] == "60"
    assert answers[-1].json()["error"]["code"] == "too_many"
    world.clock.move(seconds=60)
    assert (await storefront.post("previews", wish)).status_code == 202


async def test_a_visitor_without_a_token_is_limited_by_address(world: World) -> None:
    wish = await world.storefront().wish(style_id="no-such-style")
    answers = [await world.storefront().post("previews", wish) for _ in range(31)]
    assert [answer.status_code for answer in answers] == [404] * 30 + [429]


async def test_an_address_that_a_visitor_made_up_gives_no_further_tries(world: World) -> None:
    """Shopify's proxy adds the visitor's own behind what they sent."""
    storefront = world.storefront()
    answers = []
    for made_up in range(21):
        world.http.headers["X-Forwarded-For"] = f"10.0.0.{made_up}, 203.0.113.7"
        answers.append(await storefront.ticket(PHOTO))
    assert [answer.status_code for answer in answers] == [201] * 20 + [429]
    world.http.headers["X-Forwarded-For"] = "203.0.113.8"
    assert (await storefront.ticket(PHOTO)).status_code == 201


async def test_the_twenty_first_upload_in_a_minute_has_to_wait(world: World) -> None:
    storefront = world.storefront()
    answers = [await storefront.ticket(PHOTO) for _ in range(21)]
    assert [answer.status_code for answer in answers] == [201] * 20 + [429]
    assert 0 < int(answers[-1].headers["Retry-After"]) <= 60


async def test_a_full_storage_takes_no_more_photos(world: World) -> None:
    storefront = world.storefront()
    await storefront.ticket(PHOTO)
    world.change("UPDATE quotas SET storage_quota_bytes = 150")
    answer = await storefront.ticket(PHOTO)
    assert (answer.status_code, answer.json()["error"]["code"]) == (402, "storage_full")
    assert world.quota()["current_storage_bytes"] == 100


async def test_one_photo_serves_several_previews(world: World) -> None:
    storefront = world.storefront()
    upload = await storefront.upload(good("png"))
    styles = [style["id"] for style in (await storefront.offer())["styles"][:3]]
    for style in styles:
        await world.design(storefront, upload_id=upload, style_id=style)
    assert world.quota()["current_generations"] == 3
