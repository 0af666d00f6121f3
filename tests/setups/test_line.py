"""More previews than a shop may have at once: those that wait start as slots become free, without any cron."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import httpx
import pytest

from app.core.times import to_text
from tests.integration.merchant import Merchant
from tests.integration.servers import SHOP
from tests.integration.storefront import Storefront
from tests.setups import SETUPS, SetUp

T = TypeVar("T")
SLOTS = 3
HELD_UNTIL = to_text(datetime.now(UTC) + timedelta(days=1))
PATIENCE_S = 60.0
OPEN = "SELECT status, last_error FROM jobs WHERE status = 'pending' OR (status = 'running' AND lease_token <> id)"
"""What waits or runs; a job that is held for the test has its own id for a token."""


@pytest.fixture(params=SETUPS)
def setup(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[SetUp]:
    """With the shop installed."""
    with SETUPS[request.param](tmp_path) as opened:
        opened.shopify.install(SHOP)
        assert on(opened, lambda http: Merchant(http).document()).status_code == 200
        yield opened


def on(setup: SetUp, act: Callable[[httpx.AsyncClient], Coroutine[Any, Any, T]]) -> T:
    """What browsers do, done to the end."""

    async def done() -> T:
        async with httpx.AsyncClient(base_url=setup.url, timeout=60, trust_env=False) as http:
            return await act(http)

    return asyncio.run(done())


async def asked(shopper: Storefront, count: int) -> list[dict[str, Any]]:
    """Previews of one photo, accepted."""
    upload, style = await shopper.upload(), (await shopper.offer())["styles"][0]["id"]
    return [await shopper.asked(upload_id=upload, style_id=style) for _ in range(count)]


def until(setup: SetUp, happened: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not happened():
        assert time.monotonic() < deadline, f"{setup.rows(OPEN)}\n{setup.log()[-3000:]}"
        setup.pump()


def use_up_wake_ups(setup: SetUp, count: int) -> None:
    """Let the platform bring every hint to a job that cannot start."""
    if setup.name == "worker":
        until(setup, lambda: setup.log().count("QUEUE artify-jobs ") >= count)
    else:
        setup.pump()
    assert len(setup.rows(OPEN)) == count


def test_who_waits_for_a_slot_starts_when_one_is_free(setup: SetUp) -> None:
    on(setup, lambda http: Storefront(http).upload())  # so that the shop has its limits
    setup.execute(f"UPDATE quotas SET running = {SLOTS}, max_concurrent = {SLOTS}")
    held = on(setup, lambda http: asked(Storefront(http, customer="1"), SLOTS))
    use_up_wake_ups(setup, SLOTS)
    setup.execute(f"UPDATE jobs SET status = 'running', lease_token = id, lease_until = '{HELD_UNTIL}'")
    on(setup, lambda http: asked(Storefront(http, customer="2"), SLOTS + 2))
    use_up_wake_ups(setup, SLOTS + 2)
    cancelled = on(setup, lambda http: Storefront(http, customer="1").cancel(held[0]))
    assert cancelled.json()["status"] == "cancelled"
    until(setup, lambda: not setup.rows(OPEN))
    assert setup.rows("SELECT running FROM quotas") == [{"running": SLOTS - 1}]
