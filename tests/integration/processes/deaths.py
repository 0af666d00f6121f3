"""A paid order's whole way in a process that dies at each moment of it in turn; a second process finds what is left.

A soak run takes every moment. The suite takes the first moment of each name, half of them on each database, and the
other half the next day.

python -m tests.integration.processes.deaths LINE CUSTOMER: a cart's line as JSON, and who buys it. What happened is
printed as JSON.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import traceback
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any

import httpx

from app.core.settings import Settings
from app.core.times import SystemClock
from app.wiring import build, close
from handlers import jobs
from handlers.routes import create, load_all
from tests import soak
from tests.integration import webhooks
from tests.integration.processes.effects import Effects
from tests.integration.servers import SHOP

LINES = 2
ANSWERED = "the webhook was answered"


@dataclass
class Life:
    """A process: how it ended, and the moments that it reached."""

    status: int
    moments: list[str] = field(default_factory=list)

    @property
    def answered(self) -> bool:
        return ANSWERED in self.moments


@dataclass
class Ahead:
    """The real time and so much more: leases of the dead have run out, and nobody need wait for that."""

    by: timedelta

    def now(self) -> datetime:
        return SystemClock().now() + self.by


class Enumeration:
    def __init__(self, line: dict[str, Any], customer_id: int):
        self._line, self._customer_id = line, customer_id
        self._ahead = timedelta()

    def run(self) -> dict[str, Any]:
        """First a process that nothing happens to, then one that dies at each moment which that one had."""
        clean_order = self._order()
        clean = self._life(clean_order)
        moments = [moment for moment in clean.moments if moment != ANSWERED]
        every = range(len(moments))
        chosen = soak.choice(every, half(firsts(moments, every)))
        deaths = [{"moment": moments[at], **self._death(at + 1)} for at in chosen]
        return {"clean": asdict(clean), "order": clean_order, "moments": moments, "deaths": deaths}

    def _death(self, number: int) -> dict[str, Any]:
        order = self._order()
        first = self._life(order, dies_at=number)
        second = self._life(order, delivers=not first.answered)
        return {"order": order, "first": asdict(first), "second": asdict(second)}

    def _order(self) -> dict[str, Any]:
        wish = {"shop": SHOP, "lines": [self._line] * LINES, "customer_id": self._customer_id}
        answer = httpx.post(f"{os.environ['SHOPIFY_BASE_URL']}/_orders", json=wish, trust_env=False)
        return dict(answer.raise_for_status().json())

    def _life(self, order: dict[str, Any], *, dies_at: int | None = None, delivers: bool = True) -> Life:
        """A process of its own that takes the order as far as it goes. Forked, so that it need not import again."""
        reading, writing = os.pipe()
        process = os.fork()
        if process == 0:
            os.close(reading)
            tell = lambda moment: os.write(writing, f"{moment}\n".encode())  # noqa: E731
            in_child(live(order, Effects(tell, dies_at), Ahead(self._ahead), delivers))
        os.close(writing)
        with os.fdopen(reading) as told:
            moments = told.read().splitlines()
        self._ahead += timedelta(seconds=int(os.environ["JOB_LEASE_S"]) + 1)
        return Life(os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]), moments)


async def live(order: dict[str, Any], effects: Effects, clock: Ahead, delivers: bool) -> None:
    """Take the order's webhook, then run jobs until none is due."""
    app = effects.watch(build(Settings.load(os.environ), clock=clock))
    if delivers:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(create(app)), base_url="http://app") as http:
            answer = await webhooks.deliver(http, order, event_id=f"paid-{order['id']}")
        assert answer.status_code == 200, answer.text
        effects.tell(ANSWERED)
    await jobs.run_due(app)
    await close(app)


def firsts(moments: Sequence[str], chosen: Iterable[int]) -> list[int]:
    """Of the chosen places, those where a moment is the first of its name: the suite's sample of deaths."""
    first = {moments[at]: at for at in sorted(chosen, reverse=True)}
    return sorted(first.values())


def half(chosen: Sequence[int]) -> Sequence[int]:
    """One half of the chosen places on SQLite, the other on PostgreSQL."""
    return soak.share(chosen, int(os.environ["DATABASE_URL"].startswith("postgresql")), 2)


def in_child(work: Any) -> None:
    try:
        asyncio.run(work)
        os._exit(0)
    except BaseException:  # noqa: BLE001  # a child must never go on as its parent
        traceback.print_exc()
        os._exit(1)


if __name__ == "__main__":
    load_all()
    print(json.dumps(Enumeration(json.loads(sys.argv[1]), int(sys.argv[2])).run()))
