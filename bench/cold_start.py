"""Cold starts: the time from the start of a process to its first complete response.

The app runs as a Lambda function, under Lambda's own runtime client with a Runtime API on this machine, and as a server
under uvicorn. Ours alternates with the floor (a minimal Starlette app in the same environment) and the peer (npm
`@shopify/shopify-api`).
"""

from __future__ import annotations

import itertools
import statistics
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from bench import shopify_api, starts
from bench.orders import delivery
from bench.rows import Row
from bench.webhooks import ENVIRON
from tests import apps
from tests.setups import SETUPS

TURNS = 7
HEALTH: starts.Request = ("GET", "/healthz", {}, b"")
Start = Callable[[], float]
numbers = itertools.count(1)


@dataclass(frozen=True)
class Case:
    name: str
    ours: Start
    baseline: Start | None
    note: str


def run() -> list[Row]:
    """Medians over the turns. Raises RuntimeError if a response has an unexpected status."""
    with tempfile.TemporaryDirectory() as folder, _lambdas(Path(folder)) as lambdas:
        cases = [*lambdas, *_servers(Path(folder))]
        turns = [
            [(case.ours(), case.baseline() if case.baseline else None) for case in cases] for _ in range(TURNS + 1)
        ]
    return [_row(case, list(column)) for case, column in zip(cases, zip(*turns[1:], strict=True), strict=True)]


@contextmanager
def _lambdas(folder: Path) -> Iterator[list[Case]]:
    with SETUPS["lambda"](folder) as setup:
        ours = starts.python("awslambdaric", "handlers.runtimes.aws_lambda.http")
        bare = starts.python("awslambdaric", "bench.bare_lambda.handler")
        node = shopify_api.node()
        peer = [node, str(shopify_api.FOLDER / "lambda.mjs")] if node else []
        secret, note = setup.environ["SHOPIFY_API_SECRET"], _about("a Node function that only verifies", node)

        def start(command: list[str], status: int, secret: str | None = None) -> float:
            return starts.function(command, folder, setup.environ, _webhook(secret) if secret else HEALTH, status)

        def baseline(status: int, secret: str) -> Start | None:
            return partial(start, peer, status, secret) if peer else None

        yield [
            Case(
                "Lambda, start to /healthz",
                partial(start, ours, 200),
                partial(start, bare, 200),
                "queries PostgreSQL, S3 and SQS; floor: minimal Starlette app",
            ),
            Case(
                "Lambda, start to an accepted webhook",
                partial(start, ours, 200, secret),
                baseline(200, secret),
                f"writes to PostgreSQL, sends a wake-up by SQS; {note}",
            ),
            Case(
                "Lambda, start to a rejected webhook",
                partial(start, ours, 401, "forged"),
                baseline(401, "forged"),
                note,
            ),
        ]


def _servers(folder: Path) -> list[Case]:
    quiet = ("--log-level", "warning", "--no-access-log", "--port")
    ours = starts.python("uvicorn", "handlers.server:app", *quiet)
    bare = starts.python("uvicorn", "bench.bare:app", *quiet)
    node = shopify_api.node()
    peer = [node, str(shopify_api.FOLDER / "server.mjs"), str(_database(folder / "peer"))] if node else []
    environ = {
        **ENVIRON,
        "DATABASE_URL": f"sqlite:///{_database(folder / 'ours')}",
        "FILES_URL": f"file:{folder / 'ours' / 'files'}",
    }

    def start(command: list[str], secret: str | None = None) -> float:
        return starts.server(command, environ, _webhook(secret) if secret else HEALTH, 200)

    secret = ENVIRON["SHOPIFY_API_SECRET"]
    return [
        Case(
            "uvicorn, start to /healthz",
            partial(start, ours),
            partial(start, bare),
            "queries SQLite and the folder; floor: minimal Starlette app",
        ),
        Case(
            "uvicorn, start to an accepted webhook",
            partial(start, ours, secret),
            partial(start, peer, secret) if peer else None,
            f"writes to SQLite; {_about('a Node server that does the same', node)}",
        ),
    ]


def _webhook(secret: str) -> starts.Request:
    return ("POST", "/webhooks", *delivery(next(numbers), secret))


def _database(folder: Path) -> Path:
    folder.mkdir()
    return apps.migrated(folder)


def _about(peer: str, node: str | None) -> str:
    return f"peer: {peer}" if node else "no peer: npm is not installed"


def _row(case: Case, turns: list[tuple[float, float | None]]) -> Row:
    ours = _milliseconds([mine for mine, _ in turns])
    baseline = _milliseconds([other for _, other in turns if other is not None]) if case.baseline else None
    return Row(case.name, ours, baseline, "ms", round(baseline / ours, 2) if baseline else None, case.note)


def _milliseconds(seconds: list[float]) -> int:
    return round(statistics.median(seconds) * 1000)
