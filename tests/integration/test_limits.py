"""Every limit of handlers/limits.py, by each that it counts: refused with a sentence, and only who is over it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import asdict
from typing import Any

import httpx
import pytest

from app.core.errors import TooMany
from handlers.limits import LIMITS
from tests.integration.servers import OTHER_SHOP, SHOP
from tests.integration.storefront import Storefront
from tests.integration.world import World
from tests.pictures import Sample

pytestmark = pytest.mark.anyio
PHOTO = Sample(b"x" * 100, "a.jpg", "image/jpeg")
WISH = {"upload_id": "u", "product_id": "1", "style_id": "s"}
PICTURE = {"filename": "a.png", "content_type": "image/png", "bytes": 10}
ASKED: dict[str, Callable[[World], Awaitable[httpx.Response]]] = {
    "upload": lambda world: world.storefront().ticket(PHOTO),
    "preview": lambda world: world.storefront(customer="9001").post("previews", WISH),
    "cancel": lambda world: world.storefront(customer="9001").cancel({"id": "1"}),
    "delete": lambda world: world.storefront(customer="9001").post("previews/1/delete", {}),
    "picture_upload": lambda world: world.merchant().orders_post("1", "upload", **PICTURE),
    "picture": lambda world: world.merchant().orders_post("1", "picture"),
    "privacy": lambda world: world.merchant().post("/privacy/requests", {"kind": "export", "customer_id": "1"}),
    "install": lambda world: world.http.get("/auth", params={"shop": SHOP}),
}
CASES = [(what, by) for what, limit in LIMITS.items() for by, most in asdict(limit).items() if most]


@pytest.mark.parametrize(("what", "by"), CASES)
async def test_who_has_asked_as_often_as_they_may_is_told_when_to_come_back(world: World, what: str, by: str) -> None:
    assert (await ASKED[what](world)).status_code != 429
    before = counts(world)
    world.change("UPDATE rate_limits SET count = ? WHERE key LIKE ?", getattr(LIMITS[what], by), f"{what}:{by}:%")
    refused = await ASKED[what](world)
    assert refused.status_code == 429
    assert TooMany.message in refused.text
    assert 0 < int(refused.headers["Retry-After"]) <= 60
    after = counts(world)
    assert {key for key in after if after[key] != before.get(key)} == {key for key in before if f"{what}:{by}:" in key}
    assert [line["limit"] for line in world.logged("limit_reached")] == [what]
    world.clock.move(minutes=1)
    assert (await ASKED[what](world)).status_code != 429


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
