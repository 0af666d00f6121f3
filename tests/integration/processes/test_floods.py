"""Two servers that everybody wants something of at once: what counts is taken, and nobody takes the others' share.

The suite runs a sample of each flood; `make soak` runs them at full size.
"""

from __future__ import annotations

import asyncio
import itertools
import json
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from typing import Any

import anyio
import httpx
import pytest

from handlers.http.limits import LIMITS
from handlers.http.slow_bodies import BASE_TIMEOUT_S
from tests import soak
from tests.integration import webhooks
from tests.integration.processes.installation import Installation, Process, on
from tests.integration.processes.strangers import dribbling, pouring
from tests.integration.processes.volley import PATIENCE_S, Volley, fire
from tests.integration.servers import OTHER_SHOP, SHOP
from tests.integration.storefront import Storefront, signed

pytestmark = pytest.mark.anyio
WEBHOOKS = soak.size(10_000, 900)
WARM_UP = 100
A_MINUTE = 10_000
BODY_BYTES = 20_000
REPEAT_EVERY = 10
AT_ONCE = 32
TICKETS = soak.size(1_000, 400)
"""More than a shop may have in a minute."""
POLLS = soak.size(2_000, 300)
ENDLESS_BYTES = 100 * 1024 * 1024
EACH_ENDLESS = 4
MOST_GROWN_MB = 128
"""Seen: 90. Seen without a bound on large bodies together: 214."""
PREVIEW_S = 90.0
FAULTS = ("job_failed", "job_crashed", "job_loop_fault", "request_crashed", "upkeep_fault")
ON_SQLITE = pytest.mark.parametrize("installation", ["sqlite"], indirect=True)


async def test_a_flood_of_webhooks_is_taken_at_ten_thousand_a_minute_each_once(
    installation: Installation, say: Callable[[str], None]
) -> None:
    """The job loops run beside, as always, and get what is left. On PostgreSQL it is a third as many.

    What a process does once, as to load its modules and to build its statements, is done before the processor time is
    counted: in a short sample it would weigh as much as the webhooks.
    """
    count = WEBHOOKS if installation.environ["DATABASE_URL"].startswith("sqlite") else WEBHOOKS // 3
    counted, flood = count - WARM_UP, deliveries(count)
    with installation.servers(2) as servers:
        urls = [server.url for server in servers]
        first = await fire(urls, itertools.islice(flood, WARM_UP), AT_ONCE, as_shopify=True)
        before = cpu_seconds(servers)
        volley = await fire(urls, flood, AT_ONCE, as_shopify=True)
        busy = [after - at_first for at_first, after in zip(before, cpu_seconds(servers), strict=True)]
        done = jobs_by_status(installation)
    each_ms = sum(busy) / counted * 1000
    say(f"{told(installation, volley, counted)}, CPU {sum(busy):.1f} s of two processes, {each_ms:.1f} ms each")
    say(f"jobs then: {done}")
    assert sum(volley.statuses.values()) == counted + volley.again
    assert set(first.statuses | volley.statuses) <= {0, 200, 503}
    assert events(installation, "SELECT event_id FROM webhook_deliveries WHERE topic = 'orders/paid'") == distinct(
        count
    )
    jobs = "SELECT dedupe_key FROM jobs WHERE kind = 'personalization.take_order'"
    assert events(installation, jobs) == {
        f"webhook:{SHOP}:orders/paid:{event}:personalization.take_order": 1 for event in distinct(count)
    }
    check_logs(servers)
    assert max(busy) <= 60 * counted / A_MINUTE, "a core for each process does not hold 10,000 a minute"


@on("postgres")
async def test_a_flood_for_tickets_gets_no_more_than_the_limits_and_the_storage_allow(
    installation: Installation, say: Callable[[str], None]
) -> None:
    """From one address, then from many; then in another shop, which is still served, but has room for ten."""
    with installation.servers(2) as servers:
        urls = [server.url for server in servers]
        one = await fire(urls, tickets(TICKETS // 4, lambda number: "203.0.113.1"), AT_ONCE)
        many = await fire(urls, tickets(TICKETS, lambda number: f"198.51.{number % 100}.1"), AT_ONCE)
        async with httpx.AsyncClient(base_url=urls[0], timeout=60) as http:
            other = Storefront(http, OTHER_SHOP)
            assert await other.upload()
            room = "UPDATE quotas SET storage_quota_bytes = current_storage_bytes + ? WHERE shop_id = ?"
            installation.rows(room, 1000, OTHER_SHOP)
            full = await fire(urls, tickets(60, lambda number: f"192.0.2.{number}", OTHER_SHOP), AT_ONCE)
    say(f"tickets: one address {dict(one.statuses)}, many {dict(many.statuses)}, full {dict(full.statuses)}")
    upload = LIMITS["upload"]
    minutes = 1 + int((one.took_s + many.took_s) // 60)
    assert 0 < one.statuses.pop(201) <= int(upload.address or 0) * minutes
    assert 0 < many.statuses.pop(201) <= int(upload.shop or 0) * minutes
    assert one.statuses.keys() == many.statuses.keys() == {429}
    assert full.statuses == {201: 10, 402: 50}
    check_storage(installation)
    check_logs(servers)


@ON_SQLITE
async def test_who_sends_slowly_or_without_end_is_given_up_and_takes_nothing_of_the_others(
    installation: Installation, say: Callable[[str], None]
) -> None:
    """Slow heads and bodies, bodies of 100 MB, and webhooks as ever. Slow heads are a proxy's to end."""
    with installation.servers(1) as [server]:
        async with httpx.AsyncClient(base_url=server.url, timeout=60) as http:
            ticket = (await Storefront(http).ticket_of(1000)).json()
            endless = heads_of_endless(ticket)
        await fire([server.url], deliveries(50), 4, as_shopify=True)
        before = server.memory
        async with dribbling(server.url, SLOW_HEADS) as slow, dribbling(server.url, slow_bodies()) as slower:
            watching = asyncio.create_task(most_memory(server))
            pouring_in = asyncio.gather(*[pouring(server.url, head, ENDLESS_BYTES) for head in endless])
            orders = await fire([server.url], deliveries(500), 4, as_shopify=True)
            poured = await pouring_in
            watching.cancel()
            grown = (await watching - before) / 1024**2
            given_up = await asyncio.wait_for(asyncio.gather(*slower), BASE_TIMEOUT_S + PATIENCE_S + PREVIEW_S)
            assert not any(each.done() for each in slow)
            late = await fire([server.url], deliveries(50), 4, as_shopify=True)
    refused = Counter(status for status, _ in poured)
    sent = sum(sent for _, sent in poured) / 1024**2
    say(f"{len(SLOW_HEADS)} slow heads, {len(slower)} slow bodies {dict(Counter(given_up))}")
    say(f"{len(poured)} endless bodies {dict(refused)} after {sent:.0f} MB in all, memory {grown:+.0f} MB")
    say(told(installation, orders, 500))
    assert set(given_up) == {408}
    assert refused.keys() <= {400, 413, 503}
    assert sent < len(poured) * ENDLESS_BYTES / 1024**2 / 2
    assert grown <= MOST_GROWN_MB
    assert max(orders.median_s, late.median_s) < PATIENCE_S
    assert events(installation, "SELECT event_id FROM webhook_deliveries WHERE topic = 'orders/paid'") == distinct(500)
    check_logs([server])


@ON_SQLITE
async def test_a_flood_of_polls_keeps_neither_webhooks_nor_a_preview_waiting(
    installation: Installation, say: Callable[[str], None]
) -> None:
    with installation.servers(2) as servers:
        urls = [server.url for server in servers]
        async with httpx.AsyncClient(base_url=urls[0], timeout=60) as http:
            shopper = Storefront(http, customer="1000")
            watched = await shopper.asked()
            polling = asyncio.create_task(fire(urls, polls(watched, POLLS), AT_ONCE))
            shopping = asyncio.create_task(made(shopper))
            orders = await fire(urls, deliveries(200), 4, as_shopify=True)
            polled, seconds = await polling, await shopping
    say(f"{told(installation, polled, POLLS, 'polls')}; beside, {told(installation, orders, 200)}")
    say(f"and a preview in {seconds:.1f} s")
    assert set(polled.statuses) == {200}
    assert orders.median_s < PATIENCE_S
    assert events(installation, "SELECT event_id FROM webhook_deliveries WHERE topic = 'orders/paid'") == distinct(200)
    check_logs(servers)


def deliveries(count: int) -> Iterator[bytes]:
    """Signed webhooks of paid orders; every tenth repeats the event before it, as Shopify delivers at least once."""
    order = webhooks.order(webhooks.line("nothing", id="NUMBER"), id="NUMBER")
    bare = len(json.dumps(order))
    template = json.dumps(order | {"note": "x" * (BODY_BYTES - bare)}).encode()
    for event in numbers(count):
        body = template.replace(b'"NUMBER"', str(7_000_000 + event).encode())
        named = webhooks.headers(body, event_id=f"flood-{event}", webhook_id=f"flood-{event}")
        yield request("POST", "/webhooks", named, body)


def numbers(count: int) -> list[int]:
    return [at - 1 if at % REPEAT_EVERY == REPEAT_EVERY - 1 else at for at in range(count)]


def distinct(count: int) -> dict[str, int]:
    """Each event once."""
    return {f"flood-{number}": 1 for number in set(numbers(count))}


def tickets(count: int, address: Callable[[int], str], shop: str = SHOP) -> Iterator[bytes]:
    """Wishes for upload tickets of 100 bytes each, from the addresses of these numbers."""
    query = str(httpx.QueryParams(signed({}, shop=shop)))
    body = json.dumps({"filename": "a.jpg", "content_type": "image/jpeg", "bytes": 100}).encode()
    for number in range(count):
        yield request("POST", f"/proxy/uploads?{query}", {"X-Forwarded-For": address(number)}, body)


def polls(preview: dict[str, Any], count: int) -> Iterator[bytes]:
    query = str(httpx.QueryParams(signed({"view_token": preview["view_token"]}, customer="1000")))
    for _ in range(count):
        yield request("GET", f"/proxy/previews/{preview['id']}?{query}", {}, b"")


SLOW_HEADS = [b"POST /webhooks HTTP/1.1\r\nHost: x\r\nX-Slow: "] * 150


def slow_bodies() -> list[bytes]:
    """The beginnings of requests whose bodies never end."""
    query = str(httpx.QueryParams(signed({})))
    paths = ["/webhooks", f"/proxy/uploads?{query}", f"/proxy/previews?{query}"]
    return [request("POST", paths[at % 3], {}, b"", length=1000) for at in range(150)]


def heads_of_endless(ticket: dict[str, Any]) -> list[bytes]:
    """Requests whose bodies are far too big, by what they say or without saying so."""
    query, media = str(httpx.QueryParams(signed({}))), httpx.URL(ticket["url"]).raw_path.decode()
    targets = [("POST", "/webhooks"), ("POST", f"/proxy/uploads?{query}"), ("PUT", media)]
    heads = [request(*target, ticket["headers"], b"", length=ENDLESS_BYTES) for target in targets]
    announced, chunked = b"Content-Length: %d" % ENDLESS_BYTES, b"Transfer-Encoding: chunked"
    silent = [head.replace(announced, chunked) for head in heads]
    return [*heads, *silent] * EACH_ENDLESS + silent[:1] * 5 * EACH_ENDLESS


async def most_memory(server: Process) -> int:
    """The most bytes that it had in memory until this is cancelled."""
    most = 0
    with suppress(asyncio.CancelledError):
        while True:
            most = max(most, server.memory)
            await asyncio.sleep(0.05)
    return most


def request(method: str, path: str, headers: dict[str, str], body: bytes, length: int | None = None) -> bytes:
    """`length` when the body is still to come."""
    size = len(body) if length is None else length
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return f"{method} {path} HTTP/1.1\r\nHost: x\r\nContent-Length: {size}\r\n{lines}\r\n".encode() + body


async def made(shopper: Storefront) -> float:
    """How many seconds it took until another preview was done, from the photo on."""
    loop = asyncio.get_running_loop()
    began, preview = loop.time(), await shopper.asked()
    with anyio.fail_after(PREVIEW_S):
        while (await shopper.look(preview))["status"] != "completed":  # noqa: ASYNC110  # as the storefront's block
            await asyncio.sleep(0.2)
    return loop.time() - began


def events(installation: Installation, sql: str) -> Counter[str]:
    """How often each value of the one column stands there."""
    return Counter(str(value) for row in installation.rows(sql) for value in row.values())


def jobs_by_status(installation: Installation) -> dict[str, int]:
    sql = "SELECT status, count(*) AS n FROM jobs WHERE kind = 'personalization.take_order' GROUP BY status"
    return {row["status"]: row["n"] for row in installation.rows(sql)}


def check_storage(installation: Installation) -> None:
    """What a shop is said to store is what was granted, to the byte."""
    for shop in (SHOP, OTHER_SHOP):
        [granted] = installation.rows("SELECT sum(bytes) AS n FROM assets WHERE shop_id = ?", shop)
        [counted] = installation.rows("SELECT current_storage_bytes AS n FROM quotas WHERE shop_id = ?", shop)
        assert counted["n"] == granted["n"]


def check_logs(servers: Sequence[Process]) -> None:
    assert {event: lines for event in FAULTS for server in servers if (lines := server.logged(event))} == {}


def cpu_seconds(servers: Sequence[Process]) -> list[float]:
    return [server.cpu_s for server in servers]


def told(installation: Installation, volley: Volley, count: int, what: str = "webhooks of 20 KB") -> str:
    database = installation.environ["DATABASE_URL"].partition(":")[0]
    return (
        f"{count} {what} on {database} held in {volley.took_s:.1f} s, {count / volley.took_s * 60:.0f} a minute, "
        f"slowest {volley.slowest_s:.2f} s, p99 {volley.p99_s:.2f} s, {volley.again} sent again"
    )
