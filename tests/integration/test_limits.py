"""Every limit of handlers/http/limits.py, by each that it counts: refused with a sentence, and only who is over it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest

from app.core.errors import TooMany
from app.media import MOST_COST
from handlers.http.limits import LIMITS, MESSAGES
from tests.integration import webhooks
from tests.integration.servers import OTHER_SHOP, SHOP
from tests.integration.storefront import Storefront
from tests.integration.world import World
from tests.pictures import Sample, good

pytestmark = pytest.mark.anyio
PHOTO = Sample(b"x" * 100, "a.jpg", "image/jpeg")
WISH = {"upload_id": "u", "product_id": "1", "style_id": "s"}
PICTURE = {"filename": "a.png", "content_type": "image/png", "bytes": 10}
ASKED: dict[str, Callable[[World], Awaitable[httpx.Response]]] = {
    **dict.fromkeys(
        ("upload", "upload_day", "upload_megabytes", "ticket"),
        lambda world: world.storefront(customer="9001").ticket(PHOTO),
    ),
    "preview": lambda world: world.storefront(customer="9001").post("previews", WISH),
    "cancel": lambda world: world.storefront(customer="9001").cancel({"id": "1"}),
    "delete": lambda world: world.storefront(customer="9001").post("previews/1/delete", {}),
    "picture_upload": lambda world: world.merchant().orders_post("1", "upload", **PICTURE),
    "picture": lambda world: world.merchant().orders_post("1", "picture"),
    "print_archive": lambda world: world.merchant().post("/orders/archives", {}),
    "choose": lambda world: world.merchant().post("/products", {"product_ids": ["7700000000001"]}),
    "starter": lambda world: world.merchant().post("/styles", {"starter": "watercolour"}),
    "watermark": lambda world: world.merchant().post("/watermark", {"text": "Mine"}),
    "privacy": lambda world: world.merchant().post("/privacy/requests", {"kind": "export", "customer_id": "1"}),
    "install": lambda world: world.http.get("/auth", params={"shop": SHOP}),
}
IPV6 = "2001:db8:1:2::7"
WHO = ("visitor", "address", "network", "shop", "everyone")
ENTRANCE = {"preview_day": "preview", "pixels": "preview", "pixels_day": "preview", "picture_pixels": "picture"}
"""Counted once the photo is known, after the request itself was counted by another limit."""
BY_CONNECTION = {("install", "network")}
"""The tests' own connection is an IPv4 one."""
CASES = [(what, by) for what, limit in LIMITS.items() for by in WHO if limit.of(by) and (what, by) not in BY_CONNECTION]


@pytest.mark.parametrize(("what", "by"), CASES)
async def test_who_has_asked_as_often_as_they_may_is_told_when_to_come_back(world: World, what: str, by: str) -> None:
    world.http.headers["X-Forwarded-For"] = IPV6
    ask = await asker(world, what)
    assert (await ask()).status_code != 429
    before = counts(world)
    world.change("UPDATE rate_limits SET count = ? WHERE key LIKE ?", LIMITS[what].of(by), f"{what}:{by}:%")
    refused = await ask()
    assert refused.status_code == 429
    assert (MESSAGES.get(f"{what}:{by}") or MESSAGES.get(what) or TooMany.message) in refused.text
    wait, now = int(refused.headers["Retry-After"]), world.clock.now()
    assert 0 < wait <= (LIMITS[what].window.ends(now) - now).total_seconds() + 1
    full = {key for key in before if key.startswith(f"{what}:{by}:")}
    asked_for = {key for key in before if key.startswith(f"{ENTRANCE.get(what)}:")}
    assert {key for key, count in counts(world).items() if count != before.get(key)} == full | asked_for
    assert (len(full), [line["limit"] for line in world.logged("limit_reached")]) == (1, [what])
    world.clock.move(seconds=wait)
    assert (await ask()).status_code != 429


async def asker(world: World, what: str) -> Callable[[], Awaitable[httpx.Response]]:
    """Ask for what a limit counts, as often as it is called; a preview is begun each time."""
    if ENTRANCE.get(what) == "preview":
        storefront = world.storefront(customer="9001")
        wish = await storefront.wish()
        world.change("DELETE FROM rate_limits")
        return lambda: storefront.post("previews", wish)
    if what == "picture_pixels":
        await webhooks.deliver(world.http, webhooks.order(webhooks.line("a design that is unknown")))
        await world.run_jobs()
        [item] = world.rows("SELECT id FROM order_items")
        photo, merchant = good("jpeg"), world.merchant()
        wish = {"filename": photo.filename, "content_type": photo.mime, "bytes": len(photo.data)}
        ticket = (await merchant.orders_post(item["id"], "upload", **wish)).json()
        await world.storefront().send(ticket, photo.data)
        return lambda: merchant.orders_post(item["id"], "picture", upload_id=ticket["upload_id"])
    return lambda: ASKED[what](world)


def test_the_costliest_photo_is_within_every_limit() -> None:
    assert min(LIMITS[what].of(by) or MOST_COST for what in LIMITS if "pixels" in what for by in WHO) >= MOST_COST


async def test_an_address_that_floods_takes_nothing_of_its_shop(world: World) -> None:
    """The shop's counter has what was granted, not what was asked for."""
    answers = [(await from_address(world, 1).ticket(PHOTO)).status_code for _ in range(40)]
    assert answers == [201] * 20 + [429] * 20
    assert counts(world)[f"upload:shop:{SHOP}"] == counts(world)["upload:everyone:all"] == 20
    assert (await from_address(world, 2).ticket(PHOTO)).status_code == 201


async def test_a_shop_that_is_flooded_stops_no_other(world: World) -> None:
    assert (await from_address(world, 1).ticket(PHOTO)).status_code == 201
    world.change("UPDATE rate_limits SET count = ? WHERE key = ?", LIMITS["upload"].shop, f"upload:shop:{SHOP}")
    assert (await from_address(world, 2).ticket(PHOTO)).status_code == 429
    assert (await from_address(world, 1, OTHER_SHOP).ticket(PHOTO)).status_code == 201


async def test_all_shops_together_have_one_limit(world: World) -> None:
    assert (await from_address(world, 1).ticket(PHOTO)).status_code == 201
    world.change("UPDATE rate_limits SET count = ? WHERE key = 'upload:everyone:all'", LIMITS["upload"].everyone)
    assert (await from_address(world, 2, OTHER_SHOP).ticket(PHOTO)).status_code == 429


async def test_neither_addresses_nor_tokens_nor_customers_can_be_read_from_the_counters(world: World) -> None:
    world.http.headers["X-Forwarded-For"] = "203.0.113.7"
    await world.storefront().post("previews", WISH | {"guest_token": "a-token-of-a-guest"})
    await ASKED["preview"](world)
    kept = "\n".join(counts(world))
    assert kept.count("preview:visitor:") == 2
    assert not any(word in kept for word in ("203.0.113.7", "a-token-of-a-guest", "9001"))


def from_address(world: World, number: int, shop: str = SHOP) -> Storefront:
    """A visitor of a shop; the next one's address replaces theirs."""
    world.http.headers["X-Forwarded-For"] = f"203.0.113.{number}"
    return world.storefront(shop)


def counts(world: World) -> dict[str, Any]:
    return {row["key"]: row["count"] for row in world.rows("SELECT key, count FROM rate_limits")}
