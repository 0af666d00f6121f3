"""Many orders while everything dies again and again: each paid line ends with exactly one print file.

CHAOS_SEED repeats the random choices of an earlier run, as far as timing allows. `make soak` runs many more orders.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import anyio
import httpx
import pytest

from tests import processes, soak
from tests.integration import webhooks
from tests.integration.processes.bookkeeping import check_counted_once, check_printed_once, orphans, sweep_days_later
from tests.integration.processes.installation import Installation
from tests.integration.storefront import MUG_VARIANT
from tests.ports import free_ports
from tests.sources import ROOT

pytestmark = pytest.mark.anyio
ORDERS = soak.size(200, 12)
CUSTOMER = 4711
AT_ONCE = 8
SETTLED_S = 400.0  # on cores that others keep busy
FAULTS = ("request_crashed", "job_crashed", "job_failed", "job_loop_fault", "upkeep_fault", "Traceback")


async def test_whatever_dies_each_paid_line_has_one_print(
    installation: Installation, design: str, say: Callable[[str], None]
) -> None:
    seed = int(os.environ.get("CHAOS_SEED", random.randrange(2**32)))
    say(f"seed {seed}")
    started = time.monotonic()
    orders = await anyio.to_thread.run_sync(placed, installation, design, random.Random(seed))
    with supervised(installation, seed) as machine:
        senders = Senders(machine.urls, random.Random(seed + 1))
        await senders.deliver(orders)
        await anyio.to_thread.run_sync(installation.wait, lambda: ready(installation) >= 0.8 * lines(orders), SETTLED_S)
        machine.process.send_signal(signal.SIGUSR1)
        await anyio.to_thread.run_sync(installation.wait, lambda: settled(installation, orders), SETTLED_S)
    left = orphans(installation)
    say(report(installation, orders, senders, machine, len(left), time.monotonic() - started))
    check_printed_once(installation, orders)
    check_counted_once(installation, orders, events=len(orders))
    assert {fault: machine.log.count(fault) for fault in FAULTS if fault in machine.log} == {}
    assert "of its own" not in machine.deaths
    await sweep_days_later(installation)
    assert orphans(installation) == set()
    check_printed_once(installation, orders)


@dataclass
class Machine:
    """Two servers and two job runners that are killed and started anew; `deaths` and `log` once it has ended."""

    process: subprocess.Popen[str]
    urls: Sequence[str]
    deaths: dict[str, int] = field(default_factory=dict)
    log: str = ""


@contextmanager
def supervised(installation: Installation, seed: int) -> Iterator[Machine]:
    ports = free_ports(2)
    command = [sys.executable, "-m", "tests.integration.processes.supervisor", str(seed), "2", *map(str, ports)]
    environ = os.environ | installation.environ | {"JOB_LEASE_S": "2"}
    log = installation.folder / "log.txt"
    with log.open("w") as target:
        process = processes.start(command, cwd=ROOT, env=environ, stdout=subprocess.PIPE, stderr=target, text=True)
    machine = Machine(process, [f"http://127.0.0.1:{port}" for port in ports])
    try:
        yield machine
        process.terminate()
        machine.deaths, machine.log = json.loads(process.communicate(timeout=60)[0]), log.read_text()
    finally:
        process.terminate()
        process.communicate(timeout=60)


@dataclass
class Senders:
    """Shopify's side: each webhook one to five times, in any order, to either server, and again until it is taken."""

    urls: Sequence[str]
    dice: random.Random
    taken: int = 0
    repeated: int = 0

    async def deliver(self, orders: Sequence[dict[str, Any]]) -> None:
        deliveries = [order for order in orders for _ in range(self.dice.randint(1, 5))]
        self.dice.shuffle(deliveries)
        waiting = iter(deliveries)
        async with httpx.AsyncClient(timeout=5, trust_env=False) as http:
            await asyncio.gather(*[self._send(http, waiting) for _ in range(AT_ONCE)])

    async def _send(self, http: httpx.AsyncClient, waiting: Iterator[dict[str, Any]]) -> None:
        for order in waiting:
            while not await self._is_taken(http, order):
                self.repeated += 1
                await asyncio.sleep(0.1)
            self.taken += 1

    async def _is_taken(self, http: httpx.AsyncClient, order: dict[str, Any]) -> bool:
        body, event = json.dumps(order).encode(), f"paid-{order['id']}"
        url = f"{self.dice.choice(self.urls)}/webhooks"
        try:
            answer = await http.post(url, content=body, headers=webhooks.headers(body, event_id=event))
        except httpx.TransportError:
            return False
        assert answer.status_code in (200, 503), answer.text
        return answer.status_code == 200


def placed(installation: Installation, design: str, dice: random.Random) -> list[dict[str, Any]]:
    line = {"variant_id": int(MUG_VARIANT), "properties": {"_artify_preview": design}}
    return [
        installation.shopify.order(
            *[line | {"quantity": dice.randint(1, 3)} for _ in range(dice.randint(1, 2))], customer_id=CUSTOMER
        )
        for _ in range(ORDERS)
    ]


def lines(orders: Sequence[dict[str, Any]]) -> int:
    return sum(len(order["line_items"]) for order in orders)


def ready(installation: Installation) -> int:
    [row] = installation.rows("SELECT count(*) AS n FROM order_items WHERE state = 'ready'")
    return int(row["n"])


def settled(installation: Installation, orders: Sequence[dict[str, Any]]) -> bool:
    """Fails at once where a job was given up: it will never be done."""
    dead = installation.rows("SELECT kind, attempts, last_error FROM jobs WHERE status = 'dead'")
    assert dead == []
    open_jobs = installation.rows("SELECT id FROM jobs WHERE status IN ('pending', 'running') LIMIT 1")
    return not open_jobs and ready(installation) == lines(orders)


def report(
    installation: Installation,
    orders: Sequence[dict[str, Any]],
    senders: Senders,
    machine: Machine,
    left: int,
    seconds: float,
) -> str:
    [prints] = installation.rows("SELECT count(*) AS n FROM assets WHERE purpose = 'print'")
    [tries] = installation.rows("SELECT sum(attempts) AS n FROM jobs")
    killed = ", ".join(f"{count} {moment}" for moment, count in sorted(machine.deaths.items()))
    return (
        f"{len(orders)} orders, {lines(orders)} lines, {prints['n']} print files, {left} files of attempts that died, "
        f"{senders.taken} deliveries taken and {senders.repeated} repeated, {tries['n']} attempts of jobs, "
        f"{sum(machine.deaths.values())} kills, {seconds:.0f} s\nkilled: {killed}"
    )
