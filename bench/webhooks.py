"""Webhook intake: verify, extract a few fields, and insert delivery and job in one durable transaction.

The peer does the same with npm `@shopify/shopify-api` and better-sqlite3. Each side is one process, with the same
tables, PRAGMAs (WAL, synchronous=FULL) and deliveries, which a second process sends. The rounds alternate, and the
results are medians.
"""

from __future__ import annotations

import json
import os
import sqlite3
import statistics
import subprocess
import sys
import tempfile
from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from app.wiring import schema
from bench import shopify_api
from bench.orders import SHOP, distinct
from bench.rows import Row
from bench.servers import Server, serving

ROUNDS = 3
WARM_UP = 300
DELIVERIES = 2000
CREATED_AT = "2026-01-01T00:00:00.000Z"
ENVIRON = {
    "APP_URL": "http://127.0.0.1:8000",
    "SHOPIFY_API_KEY": "0123456789abcdef0123456789abcdef",
    "SHOPIFY_API_SECRET": "shpss_bench_0123456789abcdef01234567",
    "TOKEN_KEY": b64encode(bytes(32)).decode(),
    "LINK_KEY": b64encode(bytes(32)).decode(),
}


@dataclass(frozen=True)
class Contender:
    """A server: its command for a port, its environment, and the database that it writes to."""

    database: Path
    environ: Mapping[str, str]
    command: Callable[[int], list[str]]


@dataclass(frozen=True)
class Speed:
    """Deliveries per second of wall time, and per second of the server's CPU time."""

    wall: float
    core: float


def run() -> list[Row]:
    """Measure both sides. Raises RuntimeError if a server does not answer 200, or loses or duplicates an event."""
    with tempfile.TemporaryDirectory(dir=_durable_folder()) as folder:
        ours, peer = _ours(Path(folder)), _peer(Path(folder))
        contenders = [each for each in (ours, peer) if each]
        rounds = [[_speed(each, number) for each in contenders] for number in range(ROUNDS)]
        for each in contenders:
            _check(each)
    speeds = [_median(list(column)) for column in zip(*rounds, strict=True)]
    mine, theirs = speeds[0], speeds[1] if peer else None
    return [
        _row("webhook intake, one process", mine.wall, theirs.wall if theirs else None, "per second"),
        _row("webhook intake per core", mine.core, theirs.core if theirs else None, "per CPU second"),
    ]


def _ours(folder: Path) -> Contender:
    database = _with_shop(folder / "ours.db")
    options = ["--no-access-log", "--log-level", "warning", "--lifespan", "off"]
    environ = {**ENVIRON, "DATABASE_URL": f"sqlite:///{database}", "FILES_URL": f"file:{folder}/files"}
    return Contender(
        database,
        environ,
        lambda port: [sys.executable, "-m", "uvicorn", "bench.intake:app", "--port", str(port), *options],
    )


def _peer(folder: Path) -> Contender | None:
    node = shopify_api.node()
    if node is None:
        return None
    database = _with_shop(folder / "peer.db")
    return Contender(
        database, ENVIRON, lambda port: [node, str(shopify_api.FOLDER / "server.mjs"), str(database), str(port)]
    )


def _durable_folder() -> Path:
    # The system's temporary folder may be in memory, where a durable write costs nothing.
    folder = Path(__file__).parent.parent / "var"
    folder.mkdir(exist_ok=True)
    return folder


def _with_shop(database: Path) -> Path:
    """Create a database whose only row is the shop: webhooks of an unknown shop are not recorded."""
    with sqlite3.connect(database) as handle:
        handle.executescript(schema())
        handle.execute(
            "INSERT INTO shops (id, created_at, updated_at) VALUES (?, ?, ?)", (SHOP, CREATED_AT, CREATED_AT)
        )
    handle.close()
    return database.resolve()


def _speed(contender: Contender, number: int) -> Speed:
    first = number * (WARM_UP + DELIVERIES)
    with serving(contender.command, contender.environ) as server:
        _send_deliveries(server, first, WARM_UP)
        before = server.cpu_seconds()
        wall = _send_deliveries(server, first + WARM_UP, DELIVERIES)
        return Speed(DELIVERIES / wall, DELIVERIES / (server.cpu_seconds() - before))


def _send_deliveries(server: Server, first: int, count: int) -> float:
    command = [sys.executable, "-m", "bench.load_generator", str(server.port), str(first), str(count)]
    done = subprocess.run(command, env={**os.environ, **ENVIRON}, stdout=subprocess.PIPE, check=True)
    report = json.loads(done.stdout)
    if report["statuses"] != {"200": count}:
        raise RuntimeError(f"not all webhooks were accepted: {report['statuses']}")
    seconds: float = report["seconds"]
    return seconds


def _check(contender: Contender) -> None:
    events = ROUNDS * (distinct(WARM_UP) + distinct(DELIVERIES))
    handle = sqlite3.connect(contender.database)
    for table in ("webhook_deliveries", "jobs"):
        (rows,) = handle.execute(f"SELECT count(*) FROM {table}").fetchone()
        if rows != events:
            raise RuntimeError(f"{events} events became {rows} rows of {table}")
    handle.close()


def _median(speeds: list[Speed]) -> Speed:
    return Speed(statistics.median(each.wall for each in speeds), statistics.median(each.core for each in speeds))


def _row(name: str, ours: float, peer: float | None, unit: str) -> Row:
    note = "peer: @shopify/shopify-api and better-sqlite3" if peer else "no peer: npm is not installed"
    return Row(name, round(ours), round(peer) if peer else None, unit, round(ours / peer, 2) if peer else None, note)
