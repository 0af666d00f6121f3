"""Several processes on one database: whatever arrives twice and at once counts once, and every job runs once."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from itertools import permutations
from typing import Any

import httpx
import pytest

from tests import soak
from tests.integration import webhooks
from tests.integration.processes.installation import DATABASES, Installation, Process
from tests.integration.servers import SHOP
from tests.integration.storefront import MUG_VARIANT, Storefront

pytestmark = pytest.mark.anyio
SHOPPERS = 8
ORDERS = 12
PRINTS = 2
LAYOUTS = {"three processes": (3, ()), "two workers": (1, ("--workers", "2"))}
EVERY = [(database, layout) for database in DATABASES for layout in LAYOUTS]
PAIRS = [list(zip(DATABASES, layouts, strict=True)) for layouts in permutations(LAYOUTS)]
"""Each has every database and every layout."""
[SAMPLE] = soak.share(PAIRS, 0, len(PAIRS), all_of_it=False)
FAULTS = ("job_failed", "job_crashed", "job_lost", "job_loop_fault", "request_crashed", "upkeep_fault")


@pytest.mark.parametrize(("installation", "layout"), soak.choice(EVERY, SAMPLE), indirect=["installation"])
async def test_whatever_comes_twice_and_at_once_counts_once(installation: Installation, layout: str) -> None:
    count, options = LAYOUTS[layout]
    with installation.servers(count, *options) as servers:
        async with clients(servers) as https:
            previews = await asyncio.gather(*[preview_asked_twice(https, at) for at in range(SHOPPERS)])
            assert len({preview["id"] for preview in previews}) == SHOPPERS
            await asyncio.to_thread(installation.wait, lambda: completed(installation) == SHOPPERS)
            orders = [
                placed(installation, at, previews[at]["id"] if at < PRINTS else "nothing") for at in range(ORDERS)
            ]
            await asyncio.gather(*[delivered_four_times(https, order) for order in orders])
            await asyncio.to_thread(installation.wait, lambda: settled(installation))
    check_rows(installation)
    check_logs(servers)


async def preview_asked_twice(https: Sequence[httpx.AsyncClient], at: int) -> dict[str, Any]:
    """The same request of a shopper to two processes at once; both get the same preview."""
    shopper = Storefront(https[at % len(https)], customer=str(1000 + at))
    other = Storefront(https[(at + 1) % len(https)], customer=str(1000 + at))
    wish = await shopper.wish(idempotency_key=f"key-{at}")
    first, second = await asyncio.gather(shopper.post("previews", wish), other.post("previews", wish))
    assert {first.status_code, second.status_code} <= {200, 202}, first.text + second.text
    assert first.json()["id"] == second.json()["id"]
    return dict(first.json())


def placed(installation: Installation, at: int, preview_id: str) -> dict[str, Any]:
    """Shopify's payload of a paid order."""
    line = {"variant_id": int(MUG_VARIANT), "quantity": 1, "properties": {"_artify_preview": preview_id}}
    return installation.shopify.order(line, customer_id=1000 + at)


async def delivered_four_times(https: Sequence[httpx.AsyncClient], order: dict[str, Any]) -> None:
    event = f"event-{order['id']}"
    answers = await asyncio.gather(
        *[webhooks.deliver(https[at % len(https)], order, event_id=event) for at in range(4)]
    )
    assert [answer.status_code for answer in answers] == [200] * 4


def completed(installation: Installation) -> int:
    [row] = installation.rows("SELECT count(*) AS n FROM generations WHERE status = 'completed'")
    return int(row["n"])


def settled(installation: Installation) -> bool:
    [row] = installation.rows(
        "SELECT count(*) AS n FROM order_items WHERE state IN ('ready', 'unmapped', 'needs_review', 'failed')"
    )
    open_jobs = installation.rows("SELECT id FROM jobs WHERE status IN ('pending', 'running')")
    return int(row["n"]) == ORDERS and not open_jobs


def check_rows(installation: Installation) -> None:
    rows = installation.rows
    [quota] = rows("SELECT current_generations, total_generations, running FROM quotas WHERE shop_id = ?", SHOP)
    assert quota == {"current_generations": SHOPPERS, "total_generations": SHOPPERS, "running": 0}
    kinds = Counter((job["kind"], job["status"], job["attempts"]) for job in rows("SELECT * FROM jobs"))
    assert kinds == {
        ("personalization.preview", "done", 1): SHOPPERS,
        ("personalization.take_order", "done", 1): ORDERS,
        ("personalization.finalize", "done", 1): PRINTS,
        ("personalization.note_print", "done", 1): PRINTS,
    }
    assert len(rows("SELECT id FROM orders")) == len(rows("SELECT id FROM webhook_deliveries")) == ORDERS
    assert len(rows("SELECT id FROM assets WHERE purpose = 'print'")) == PRINTS
    [used] = rows("SELECT sum(bytes) AS n FROM assets WHERE shop_id = ? AND purpose <> 'example'", SHOP)
    [counted] = rows("SELECT current_storage_bytes AS n FROM quotas WHERE shop_id = ?", SHOP)
    assert counted["n"] == used["n"]


def check_logs(servers: Sequence[Process]) -> None:
    assert {event: lines for event in FAULTS for server in servers if (lines := server.logged(event))} == {}
    done = Counter(line["job_id"] for server in servers for line in server.logged("job_done"))
    assert len(done) == SHOPPERS + ORDERS + 2 * PRINTS
    assert set(done.values()) == {1}
    statuses = {line["status"] for server in servers for line in server.logged("request")}
    assert max(statuses) < 500


@asynccontextmanager
async def clients(servers: Sequence[Process]) -> AsyncIterator[list[httpx.AsyncClient]]:
    async with AsyncExitStack() as stack:
        opened = [httpx.AsyncClient(base_url=server.url, timeout=60) for server in servers]
        yield [await stack.enter_async_context(each) for each in opened]
