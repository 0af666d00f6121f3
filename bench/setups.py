"""The time of a webhook, a preview request and a status poll on each of the four set-ups, one request at a time.

The floor is a request for an unknown path, which measures the round trip without our work. Previews stay queued, so
that no picture is made in the meantime. A server runs the webhooks' jobs between the requests, as it does in
production.
"""

from __future__ import annotations

import asyncio
import statistics
import tempfile
import time
from collections import defaultdict
from collections.abc import Awaitable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

from bench.orders import delivery
from bench.rows import Row
from bench.server_process import sqlite_server
from tests.integration.merchant import Merchant
from tests.integration.servers import SHOP
from tests.integration.storefront import Storefront
from tests.setups import SETUPS, SetUp

TURNS = 40
WARM_UP = 5
BEFORE_LIMIT = 8
"""The number of turns after which rate limits are reset: a shopper may request ten previews a minute."""
FLOOR = "an unknown path"
DESCRIPTIONS = {
    "sqlite": "uvicorn, SQLite, folder",
    "postgres": "uvicorn, PostgreSQL, S3",
    "lambda": "Lambda, PostgreSQL, S3, SQS",
    "worker": "workerd, D1, R2, Queues",
}
LAUNCHERS = {**SETUPS, "sqlite": sqlite_server}


@dataclass
class Session:
    """Requests of one merchant and one shopper to a set-up, with their durations in seconds by kind of request."""

    setup: SetUp
    http: httpx.AsyncClient
    times: defaultdict[str, list[float]] = field(default_factory=lambda: defaultdict(list))

    async def run(self) -> None:
        self._check_status(await Merchant(self.http).document(), 200)
        shopper = Storefront(self.http, customer="1")
        preview_body = await shopper.wish()
        await asyncio.to_thread(self.setup.execute, "UPDATE quotas SET running = max_concurrent")
        for turn in range(WARM_UP + TURNS):
            if turn % BEFORE_LIMIT == 0:
                await asyncio.to_thread(self.setup.execute, "DELETE FROM rate_limits")
            await self._turn(shopper, preview_body, turn)

    async def _turn(self, shopper: Storefront, preview_body: dict[str, Any], turn: int) -> None:
        headers, body = delivery(turn, self.setup.environ["SHOPIFY_API_SECRET"], SHOP)
        await self._time_request(FLOOR, self.http.get("/nowhere"), 404)
        await self._time_request("webhook", self.http.post("/webhooks", content=body, headers=headers), 200)
        preview = (await self._time_request("preview request", shopper.post("previews", preview_body), 202)).json()
        poll = shopper.get(f"previews/{preview['id']}", view_token=preview["view_token"])
        await self._time_request("status poll", poll, 200)

    async def _time_request(self, what: str, request: Awaitable[httpx.Response], status: int) -> httpx.Response:
        started = time.perf_counter()
        answer = await request
        self.times[what].append(time.perf_counter() - started)
        return self._check_status(answer, status)

    def _check_status(self, answer: httpx.Response, status: int) -> httpx.Response:
        if answer.status_code != status:
            raise RuntimeError(f"{self.setup.name}: {answer.request.url.path}: {answer.status_code} {answer.text}")
        return answer


def run() -> list[Row]:
    """Measure every set-up. Raises RuntimeError if a response has an unexpected status."""
    return [row for name in DESCRIPTIONS for row in _rows(name)]


def _rows(name: str) -> list[Row]:
    try:
        with tempfile.TemporaryDirectory() as folder, LAUNCHERS[name](Path(folder)) as setup:
            setup.shopify.install(SHOP)
            times = asyncio.run(_measure(setup))
    except pytest.skip.Exception as reason:
        return [Row(f"requests: {DESCRIPTIONS[name]}", None, None, "ms", None, f"not run: {reason}")]
    floor = statistics.median(times.pop(FLOOR))
    return [_row(f"{what}: {DESCRIPTIONS[name]}", seconds, floor) for what, seconds in times.items()]


async def _measure(setup: SetUp) -> dict[str, list[float]]:
    async with httpx.AsyncClient(base_url=setup.url, timeout=60, trust_env=False) as http:
        session = Session(setup, http)
        await session.run()
    return {what: seconds[WARM_UP:] for what, seconds in session.times.items()}


def _row(name: str, seconds: list[float], floor: float) -> Row:
    middle, last = statistics.median(seconds), statistics.quantiles(seconds, n=20)[-1]
    note = f"p50; p95 {last * 1000:.1f} ms; floor: {FLOOR}"
    return Row(name, round(middle * 1000, 1), round(floor * 1000, 1), "ms", round(floor / middle, 2), note)
