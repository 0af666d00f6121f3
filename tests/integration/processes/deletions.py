"""Deletions in a process that dies at each moment of them in turn; a second process ends them.

python -m tests.integration.processes.deletions PLAN: what there is to delete, as JSON. What happened is printed as
JSON. Each death has a copy of the installation's database and files of its own.
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import sys
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy import select, update

import app.schema  # noqa: F401  # fills the metadata
from app.core.app import App
from app.core.settings import Settings
from app.core.tables import metadata
from app.privacy import shop_redaction
from app.wiring import build, close
from handlers import jobs
from handlers.routes import create, load_all
from tests import postgres, processes, soak
from tests.integration import webhooks
from tests.integration.merchant import Merchant
from tests.integration.processes.deaths import Ahead, firsts, half, in_child
from tests.integration.processes.effects import Effects
from tests.integration.servers import SHOP
from tests.integration.storefront import Storefront

shop_redaction.PAGE = 2
"""So that a process can die between two pages of a shop's rows."""
ANSWERED, STATE = "it was answered", "state "
MINUTES = 2
"""Sweeps that a life has where nothing but age deletes. What was asked for goes without them."""
LEASE_OVER = timedelta(seconds=21)
DAYS_LATER = timedelta(days=31)


@dataclass(frozen=True)
class Life:
    """How a process ended, the moments that it reached, and what lay there when it had come to its end."""

    status: int
    moments: list[str]
    state: dict[str, Any] | None

    @classmethod
    def told(cls, status: int, lines: list[str]) -> Life:
        state = json.loads(lines.pop().removeprefix(STATE)) if lines[-1].startswith(STATE) else None
        return cls(status, lines, state)


class Deletions:
    def __init__(self, plan: dict[str, Any]):
        self._plan = plan

    def run(self) -> dict[str, Any]:
        return {kind: self._enumerated(kind) for kind in KINDS}

    def _enumerated(self, kind: str) -> dict[str, Any]:
        """First this process does it all, and so has learnt what those need that die at each moment which it had."""
        told: list[str] = []
        with _Copy() as copy:
            effects = Effects(told.append, only_after=True)
            asyncio.run(_live(KINDS[kind], self._plan, copy, effects, timedelta(), True))
        clean = Life.told(0, told)
        moments = [moment for moment in clean.moments if moment != ANSWERED]
        if kind == "delete this customer":  # what follows is the job of Shopify's own request
            moments = clean.moments[: clean.moments.index(ANSWERED)]
        chosen = [at for at in range(len(moments)) if _matters(moments, at)]
        deaths = [self._death(kind, at + 1) for at in soak.choice(chosen, _sample(moments, chosen))]
        return {"state": clean.state, "deaths": deaths}

    def _death(self, kind: str, number: int) -> dict[str, Any]:
        with _Copy() as copy:
            first = self._life(copy, kind, dies_at=number)
            second = self._life(copy, kind, later=LEASE_OVER, asks=ANSWERED not in first.moments)
        return {"died": first.moments[-1], "status": [first.status, second.status], "state": second.state}

    def _life(
        self, copy: _Copy, kind: str, *, dies_at: int | None = None, later: timedelta = timedelta(), asks: bool = True
    ) -> Life:
        reading, writing = os.pipe()
        process = os.fork()
        if process == 0:
            os.close(reading)
            with os.fdopen(writing, "w", buffering=1) as told:
                effects = Effects(lambda moment: print(moment, file=told), dies_at, only_after=True)
                in_child(_live(KINDS[kind], self._plan, copy, effects, later, asks))
        os.close(writing)
        with os.fdopen(reading) as told:
            lines = told.read().splitlines()
        return Life.told(os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]), lines)


def _matters(moments: list[str], at: int) -> bool:
    """Of the same effect many times in a row, the first and the last. The storage is the same folder beside both
    databases: with SQLite alone a process dies at what it does there."""
    moment, beside = moments[at], moments[max(at - 1, 0) : at + 2]
    repeated = len(beside) == 3 and set(beside) == {moment}
    return not repeated and ("db.batch" in moment or os.environ["DATABASE_URL"].startswith("sqlite"))


def _sample(moments: list[str], chosen: list[int]) -> list[int]:
    """The first of each name: half of the database's on each database, all of the storage's on SQLite."""
    at_first = firsts(moments, chosen)
    shared = [at for at in at_first if "db.batch" in moments[at]]
    return sorted({*at_first} - {*shared} | {*half(shared)})


class _Copy:
    """The installation once more: its database, and its files."""

    def __enter__(self) -> _Copy:
        self.folder = processes.folder("copy")
        original = os.environ["DATABASE_URL"]
        shutil.copytree(os.environ["FILES_URL"].removeprefix("file:"), self.folder / "files")
        if original.startswith("postgresql"):
            self.url = postgres.copy_of(original)
        else:
            self.url = f"sqlite:///{shutil.copy(original.removeprefix('sqlite:///'), self.folder)}"
        return self

    def __exit__(self, *fault: object) -> None:
        shutil.rmtree(self.folder)
        if self.url.startswith("postgresql"):
            postgres.dropped(self.url)

    @property
    def environ(self) -> dict[str, str]:
        return {**os.environ, "DATABASE_URL": self.url, "FILES_URL": f"file:{self.folder / 'files'}"}


async def _live(ask: Any, plan: dict[str, Any], copy: _Copy, effects: Effects, later: timedelta, asks: bool) -> None:
    """Ask for the deletion, then run the jobs; where time alone deletes, each minute's sweep."""
    settings, clock = Settings.load(copy.environ), Ahead(later)
    plain = build(settings, clock=clock)
    if ask is _leave_and_redact:
        await _left(plain)
    watched = effects.watch(plain)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(create(watched)), base_url="http://app") as http:
        if ask is _days_pass:
            clock.by += DAYS_LATER
        elif asks:
            await ask(http, plan)
        effects.tell(ANSWERED)
    await jobs.run_due(watched)
    for _ in range(MINUTES if ask is _days_pass else 0):
        await jobs.sweep(watched)
    effects.tell(STATE + json.dumps(await _state(watched, plan, copy.folder / "files")))
    await close(watched)


async def _shopify_redacts(http: httpx.AsyncClient, plan: dict[str, Any]) -> None:
    payload = webhooks.redact(customer={"id": int(plan["customer"])}, orders_to_redact=[plan["order"]])
    answer = await webhooks.deliver(http, payload, topic="customers/redact", event_id="redact")
    assert answer.status_code == 200, answer.text


async def _merchant_deletes(http: httpx.AsyncClient, plan: dict[str, Any]) -> None:
    wish = {"kind": "redaction", "customer_id": plan["customer"]}
    answer = await Merchant(http).post("/privacy/requests", wish)
    assert answer.status_code == 202, answer.text


async def _shopper_deletes(http: httpx.AsyncClient, plan: dict[str, Any]) -> None:
    """A shopper whose first press was not answered presses again: the photo may be gone by then."""
    storefront = Storefront(http)
    storefront.guest_token = plan["guest_token"]
    answer = await storefront.post(f"previews/{plan['photo']}/delete", {})
    assert answer.status_code in (200, 404), answer.text


async def _leave_and_redact(http: httpx.AsyncClient, plan: dict[str, Any]) -> None:
    answer = await webhooks.deliver(http, webhooks.redact(), topic="shop/redact", event_id="redact")
    assert answer.status_code == 200, answer.text


async def _days_pass(http: httpx.AsyncClient, plan: dict[str, Any]) -> None:
    """Nobody asks: what is old goes by itself."""


async def _left(app: App) -> None:
    """The shop removed the app 49 hours ago."""
    shops, ago = metadata.tables["shops"], app.clock.now() - timedelta(hours=49)
    values = {"is_active": False, "installed_at": ago, "proven_at": None, "uninstalled_at": ago}
    await app.db.batch(update(shops).where(shops.c.id == SHOP).values(**values))


async def _state(app: App, plan: dict[str, Any], files: Path) -> dict[str, Any]:
    """What is left: where the words still are, how many rows each table has, what the books say, and every file."""
    rows = {name: [dict(row) for row in await app.db.all(select(table))] for name, table in metadata.tables.items()}
    texts = {name: str(found) for name, found in rows.items()}
    return {
        "words": {word: [name for name, text in texts.items() if word in text] for word in plan["words"]},
        "counts": {name: len(found) for name, found in rows.items()},
        "counters": [
            {name: row[name] for name in ("shop_id", "current_generations", "current_storage_bytes", "running")}
            for row in sorted(rows["quotas"], key=lambda row: row["shop_id"])
        ],
        "held": sum(row["bytes"] for row in rows["assets"] if row["shop_id"] == SHOP and row["deleted_at"] is None),
        "audit": [row["action"] for row in rows["audit_log"]],
        "open": [row["kind"] for row in rows["jobs"] if row["status"] in ("pending", "running")],
        "asked": sorted(row["state"] for row in rows["privacy_requests"]),
        "files": _all_files(files),
    }


def _all_files(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


KINDS = {
    "customers/redact": _shopify_redacts,
    "delete this customer": _merchant_deletes,
    "delete my photo": _shopper_deletes,
    "shop/redact": _leave_and_redact,
    "retention": _days_pass,
}

if __name__ == "__main__":
    load_all()
    print(json.dumps(Deletions(json.loads(sys.argv[1])).run()))
