"""What the first visitor of a new process waits for: from its start to its first whole answer.

As a Lambda function, by Lambda's own runtime client on a Runtime API of this machine, and as a server under uvicorn.
Ours, the floor (a bare Starlette app under the same) and the peer (npm `@shopify/shopify-api`) take turns.
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
    beside: Start | None
    note: str


def run() -> list[Row]:
    """Medians. Raises RuntimeError when an answer is not the right one."""
    with tempfile.TemporaryDirectory() as folder, _lambdas(Path(folder)) as lambdas:
        cases = [*lambdas, *_servers(Path(folder))]
        turns = [[(case.ours(), case.beside() if case.beside else None) for case in cases] for _ in range(TURNS + 1)]
    return [_row(case, list(column)) for case, column in zip(cases, zip(*turns[1:], strict=True), strict=True)]


@contextmanager
def _lambdas(folder: Path) -> Iterator[list[Case]]:
    with SETUPS["lambda"](folder) as setup:
        ours = starts.python("awslambdaric", "handlers.runtimes.aws_lambda.http")
        bare = starts.python("awslambdaric", "bench.bare_lambda.handler")
        node = shopify_api.node()
        peer = [node, str(shopify_api.FOLDER / "lambda.mjs")] if node else []
        secret, note = setup.environ["SHOPIFY_API_SECRET"], _about("a Node function that verifies alone", node)

        def start(command: list[str], status: int, secret: str | None = None) -> float:
            return starts.function(command, folder, setup.environ, _webhook(secret) if secret else HEALTH, status)

        def beside(status: int, secret: str) -> Start | None:
            return partial(start, peer, status, secret) if peer else None

        yield [
            Case(
                "Lambda, start to /healthz",
                partial(start, ours, 200),
                partial(start, bare, 200),
                "asks PostgreSQL, S3 and SQS; floor: bare Starlette",
            ),
            Case(
                "Lambda, start to a webhook taken",
                partial(start, ours, 200, secret),
                beside(200, secret),
                f"writes to PostgreSQL, wake-ups by SQS; {note}",
            ),
            Case(
                "Lambda, start to a webhook refused", partial(start, ours, 401, "forged"), beside(401, "forged"), note
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
            "asks SQLite and the folder; floor: bare Starlette",
        ),
        Case(
            "uvicorn, start to a webhook taken",
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
    beside = _milliseconds([other for _, other in turns if other is not None]) if case.beside else None
    return Row(case.name, ours, beside, "ms", round(beside / ours, 2) if beside else None, case.note)


def _milliseconds(seconds: list[float]) -> int:
    return round(statistics.median(seconds) * 1000)
