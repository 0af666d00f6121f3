"""What is scarce is shared: a shop's month, its storage, and the time of the processor."""

from __future__ import annotations

import asyncio
import functools
import io
from dataclasses import replace
from datetime import timedelta

import pytest
from PIL import Image

from app.quotas import period_of
from handlers.http.limits import LIMITS, MESSAGES
from tests.integration.servers import SHOP
from tests.integration.storefront import Storefront
from tests.integration.world import World
from tests.pictures import Sample

pytestmark = pytest.mark.anyio
PHOTO = Sample(b"x" * 100, "a.jpg", "image/jpeg")


def at(world: World, address: str, customer: str = "") -> Storefront:
    """A visitor from an address; the next one's address replaces theirs."""
    world.http.headers["X-Forwarded-For"] = address
    return world.storefront(customer=customer)


def set_month(world: World, limit: int, used: int = 0) -> None:
    """The month is that of the shop's time zone: in America it ends some hours later than in UTC."""
    (shop,) = world.rows("SELECT timezone FROM shops WHERE id = ?", SHOP)
    values = (limit, used, period_of(world.clock.now(), shop["timezone"]))
    world.change("UPDATE quotas SET monthly_generation_limit = ?, current_generations = ?, period = ?", *values)


async def previews(world: World, address: str, count: int) -> list[int]:
    """Statuses of previews that one address asks for, each a minute after the one before."""
    storefront = at(world, address, customer=address)
    wish, statuses = await storefront.wish(), []
    for _ in range(count):
        statuses.append((await storefront.post("previews", wish)).status_code)
        world.clock.move(minutes=1)
    return statuses


def early(world: World) -> None:
    """In the first hour of a day, UTC."""
    now = world.clock.now()
    world.clock.move(seconds=(timedelta(days=1) - timedelta(hours=now.hour, minutes=now.minute)).total_seconds())


async def test_one_address_has_a_tenth_of_a_shops_month_in_a_day(world: World) -> None:
    early(world)
    set_month(world, 100)
    assert await previews(world, "203.0.113.1", 11) == [202] * 10 + [429]
    refused = await at(world, "203.0.113.1").post("previews", await world.storefront().wish())
    error = refused.json()["error"]
    assert (error["code"], error["message"]) == ("too_many_today", MESSAGES["preview_day"])
    now = world.clock.now()
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    assert timedelta(seconds=int(refused.headers["Retry-After"])) - (midnight - now) <= timedelta(seconds=1)
    assert await previews(world, "203.0.113.2", 2) == [202] * 2
    world.clock.move(days=1)
    assert await previews(world, "203.0.113.1", 2) == [202] * 2


async def test_the_second_half_of_a_month_is_for_many_addresses(world: World) -> None:
    early(world)
    set_month(world, 200, used=99)
    assert await previews(world, "203.0.113.1", 5) == [202] * 3 + [429] * 2
    assert await previews(world, "203.0.113.2", 3) == [202] * 2 + [429]
    refused = await at(world, "203.0.113.2").post("previews", await world.storefront().wish())
    assert refused.json()["error"]["message"] == MESSAGES["preview_reserve"]
    assert world.quota()["current_generations"] == 99 + 3 + 2


async def test_a_network_has_four_times_what_an_address_has(world: World) -> None:
    early(world)
    set_month(world, 400, used=200)
    subscribers = [f"2001:db8:7:{number}::1" for number in range(6)]
    granted = [(await previews(world, address, 4)).count(202) for address in subscribers]
    assert granted == [4, 4, 4, 4, 0, 0]
    assert await previews(world, "2001:db8:8::1", 1) == [202]


async def test_a_visitor_has_an_allowance_for_the_day_whatever_their_addresses(world: World) -> None:
    early(world)
    storefront = at(world, "203.0.113.1", "9001")
    wish = await storefront.wish()
    assert (await storefront.post("previews", wish)).status_code == 202
    world.change(
        "UPDATE rate_limits SET count = ? WHERE key LIKE 'preview_day:visitor:%'", LIMITS["preview_day"].visitor
    )
    refused = await at(world, "203.0.113.2", "9001").post("previews", wish)
    assert (refused.status_code, refused.json()["error"]["message"]) == (429, MESSAGES["preview_day:visitor"])
    assert (await at(world, "203.0.113.1", "9002").ask()).status_code == 202


async def test_only_a_preview_that_begins_counts_for_the_day(world: World) -> None:
    storefront = at(world, "203.0.113.1", "9001")
    wish = await storefront.wish(idempotency_key="once")
    small = await storefront.upload(Sample(png_header(100, 100), "a.png", "image/png"))
    assert (await storefront.post("previews", wish | {"upload_id": small})).status_code == 422
    assert (await storefront.post("previews", wish | {"style_id": "unknown"})).status_code == 404
    set_month(world, 0)
    assert (await storefront.post("previews", wish)).status_code == 402
    assert of_day(world) == {}
    set_month(world, 500)
    answers = await asyncio.gather(*[storefront.post("previews", wish) for _ in range(5)])
    assert {answer.status_code for answer in answers} == {202}
    assert set(of_day(world).values()) == {1}


async def test_a_photo_of_few_bytes_costs_the_pixels_that_it_decodes_to(world: World) -> None:
    """Four of the largest in a minute; a small photo still has room then."""
    storefront = at(world, "203.0.113.1", "9001")
    bomb = flat_avif()
    assert len(bomb) < 3000
    upload, small = await storefront.upload(Sample(bomb, "a.avif", "image/avif")), await storefront.upload()
    wish = await storefront.wish(upload_id=upload)
    answers = [await storefront.post("previews", wish) for _ in range(5)]
    assert [answer.status_code for answer in answers] == [202] * 4 + [429]
    assert answers[-1].json()["error"]["message"] == MESSAGES["pixels"]
    assert 0 < int(answers[-1].headers["Retry-After"]) <= 60
    assert (await storefront.post("previews", wish | {"upload_id": small})).status_code == 202
    assert world.quota()["current_generations"] == 5


async def test_a_visitor_has_few_tickets_that_are_not_used(world: World) -> None:
    most = LIMITS["ticket"].visitor or 0
    storefront = at(world, "203.0.113.1", "9001")
    uploads = [await storefront.upload() for _ in range(most)]
    refused = await storefront.ticket(PHOTO)
    assert (refused.status_code, refused.json()["error"]["message"]) == (429, MESSAGES["ticket"])
    assert 0 < int(refused.headers["Retry-After"]) <= 900
    for _ in range(2):  # the second time it was used before
        assert (await storefront.ask(upload_id=uploads[0])).status_code == 202
    assert [(await storefront.ticket(PHOTO)).status_code for _ in range(2)] == [201, 429]
    world.clock.move(minutes=15)
    assert (await storefront.ticket(PHOTO)).status_code == 201


async def test_an_address_has_few_tickets_that_are_not_used_whoever_asks(world: World) -> None:
    most = LIMITS["ticket"].address or 0
    statuses = []
    for number in range(most + 2):
        statuses.append((await at(world, "203.0.113.1", str(number)).ticket(PHOTO)).status_code)
        world.clock.move(seconds=10)
    assert statuses == [201] * most + [429] * 2
    assert (await at(world, "203.0.113.2", "1").ticket(PHOTO)).status_code == 201


async def test_two_uses_of_one_ticket_at_once_release_it_once(world: World) -> None:
    storefront = at(world, "203.0.113.1", "9001")
    uploads = [await storefront.upload() for _ in range(3)]
    wish = await storefront.wish(upload_id=uploads[0])
    answers = await asyncio.gather(*[storefront.post("previews", wish) for _ in range(4)])
    assert {answer.status_code for answer in answers} == {202}
    held = world.rows("SELECT count FROM rate_limits WHERE key LIKE 'ticket:%'")
    assert [row["count"] for row in held] == [2, 2]


async def test_a_ticket_that_was_not_given_is_not_held(world: World) -> None:
    """Neither of a file that cannot be sent, nor in a shop that is full."""
    storefront = at(world, "203.0.113.1", "9001")
    gif = replace(PHOTO, filename="photo.gif")
    assert (await storefront.ticket(gif, content_type="image/gif")).status_code == 415
    world.change("UPDATE quotas SET storage_quota_bytes = 10")
    assert (await storefront.ticket(PHOTO)).status_code == 402
    assert [row["count"] for row in world.rows("SELECT count FROM rate_limits WHERE key LIKE 'ticket:%'")] == [0, 0]


async def test_one_address_sends_no_more_than_a_part_of_a_shops_storage_in_a_day(world: World) -> None:
    """Also when every photo comes: used or not, each is kept for a day."""
    statuses = []
    for number in range(9):
        statuses.append((await at(world, "203.0.113.1", str(number)).ticket_of(25 * 1024**2)).status_code)
    assert statuses == [201] * 8 + [429]
    assert (await at(world, "203.0.113.1", "10").ticket_of(25 * 1024**2)).json()["error"]["code"] == "too_many_today"
    assert (await at(world, "203.0.113.2").ticket_of(25 * 1024**2)).status_code == 201


@pytest.mark.parametrize(
    "address",
    [
        lambda number: f"2001:db8:1:2::{number:x}",
        lambda number: f"[2001:DB8:1:2:{number:x}::1]:443",
        lambda number: "::ffff:203.0.113.7" if number % 2 else "203.0.113.7",
        lambda number: f"2002:cb00:7107:{number:x}::1",
        lambda number: f"no address {number}",
    ],
)
async def test_one_sender_is_counted_as_one_however_its_address_is_written(world: World, address: object) -> None:
    assert callable(address)
    statuses = [(await at(world, address(number)).ticket(PHOTO)).status_code for number in range(21)]
    assert statuses == [201] * 20 + [429]
    assert (await at(world, "2001:db8:1:3::1").ticket(PHOTO)).status_code == 201


async def test_subscribers_of_one_network_share_four_times_an_address_allowance(world: World) -> None:
    statuses = []
    for number in range(5):
        statuses += [(await at(world, f"2001:db8:1:{number}::1").ticket(PHOTO)).status_code for _ in range(20)]
    assert statuses == [201] * 80 + [429] * 20
    assert (await at(world, "2001:db8:2::1").ticket(PHOTO)).status_code == 201


def of_day(world: World) -> dict[str, int]:
    rows = world.rows("SELECT key, count FROM rate_limits WHERE key LIKE 'preview_day:%'")
    return {row["key"]: row["count"] for row in rows}


def png_header(width: int, height: int) -> bytes:
    picture = io.BytesIO()
    Image.new("RGB", (width, height)).save(picture, "PNG")
    return picture.getvalue()


@functools.cache
def flat_avif() -> bytes:
    """Nearly 50 megapixels of one colour."""
    picture = io.BytesIO()
    Image.new("RGB", (7000, 7000), "#5a78c8").save(picture, "AVIF", quality=30, speed=10)
    return picture.getvalue()
