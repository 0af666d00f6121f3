"""Sixteen requests in four real processes want a token that must be refreshed: one of them does it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from sqlalchemy import update
from starlette.types import ASGIApp, Receive, Scope, Send

from app import shops, wiring
from app.core.app import App
from app.core.ports.shopify import AdminVisit
from app.core.settings import Settings
from app.shops.tables import access_tokens
from devstore.config import Config
from devstore.server import create_devstore
from devstore.signatures import id_token
from tests import postgres, processes
from tests.apps import close, environ
from tests.devstore.conftest import serving
from tests.integration.servers import SHOP
from tests.sources import ROOT

pytestmark = pytest.mark.anyio
PROCESSES, TIMES = 4, 4


@dataclass
class Counted:
    """A simulated Shopify that counts what its token endpoint is asked."""

    inner: ASGIApp
    asked: list[str] = field(default_factory=list)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"].endswith("/oauth/access_token"):
            self.asked.append(scope["path"])
        await self.inner(scope, receive, send)


@pytest.fixture
def shopify() -> Iterator[tuple[str, Counted]]:
    counted = Counted(create_devstore(Config(retry_delays=()), shops=[SHOP]))
    with serving(counted) as url:
        assert httpx.post(f"{url}/{SHOP}/admin/install").status_code == 303
        yield url, counted


@pytest.fixture(params=["sqlite", "postgres"])
def settings(request: pytest.FixtureRequest, tmp_path: Path, shopify: tuple[str, Counted]) -> dict[str, str]:
    told = environ(tmp_path) | {
        "SHOPIFY_API_KEY": Config.api_key,
        "SHOPIFY_API_SECRET": Config.api_secret,
        "SHOPIFY_BASE_URL": shopify[0],
    }
    if request.param == "postgres":
        told["DATABASE_URL"] = postgres.database(tmp_path)
    else:
        wiring.migrate(told["DATABASE_URL"])
    return told


async def installed(settings: dict[str, str]) -> App:
    app = wiring.build(Settings.load(settings))
    visit = AdminVisit(SHOP, "1", id_token(SHOP, Config.api_key, Config.api_secret), {})
    await shops.admit(app, visit)
    return app


@pytest.fixture(scope="module")
def refreshers() -> Iterator[list[subprocess.Popen[str]]]:
    """Four processes that ask for tokens whenever they are told to: starting them takes longer than a test."""
    command = [sys.executable, "-m", "tests.integration.shops.refresher", SHOP, str(TIMES)]
    pipe = subprocess.PIPE
    with ExitStack() as stack:
        starts = [processes.start(command, cwd=ROOT, text=True, stdin=pipe, stdout=pipe) for _ in range(PROCESSES)]
        yield [stack.enter_context(process) for process in starts]


async def expiring(app: App, life: timedelta) -> None:
    """Let the stored token expire after so long. A new one lives for an hour, so a late request refreshes nothing."""
    await app.db.batch(update(access_tokens).values(access_expires_at=datetime.now(UTC) + life))


def together(running: list[subprocess.Popen[str]], settings: dict[str, str]) -> list[list[str]]:
    """What each of the processes got, all of which asked at the same moment."""
    for process in running:
        say(process, json.dumps(settings))
    for process in running:
        assert heard(process) == "ready\n"
    for process in running:
        say(process, "go")
    return [json.loads(heard(process)) for process in running]


def say(process: subprocess.Popen[str], line: str) -> None:
    assert process.stdin is not None
    process.stdin.write(f"{line}\n")
    process.stdin.flush()


def heard(process: subprocess.Popen[str]) -> str:
    """The next line that the process prints; empty when it has ended, and then the run's output has its traceback."""
    assert process.stdout is not None
    return process.stdout.readline()


async def test_a_token_near_its_end_is_refreshed_by_one_while_the_others_use_it(
    settings: dict[str, str], shopify: tuple[str, Counted], refreshers: list[subprocess.Popen[str]]
) -> None:
    app, counted = await installed(settings), shopify[1]
    first = (await shops.access_token(app, SHOP)).access
    counted.asked.clear()
    await expiring(app, timedelta(minutes=4))
    got = together(refreshers, settings)
    tokens = [token for each in got for token in each]
    assert len(tokens) == PROCESSES * TIMES
    assert len(counted.asked) == 1
    next_one = (await shops.access_token(app, SHOP)).access
    assert set(tokens) <= {first, next_one}
    assert next_one in tokens
    await close(app)


async def test_a_dead_token_is_refreshed_by_one_while_the_others_are_told_to_come_again(
    settings: dict[str, str], shopify: tuple[str, Counted], refreshers: list[subprocess.Popen[str]]
) -> None:
    app, counted = await installed(settings), shopify[1]
    counted.asked.clear()
    await expiring(app, -timedelta(minutes=1))
    tokens = [token for each in together(refreshers, settings) for token in each]
    assert len(tokens) == PROCESSES * TIMES
    assert len(counted.asked) == 1
    next_one = (await shops.access_token(app, SHOP)).access
    assert set(tokens) <= {"refreshing", next_one}
    assert next_one in tokens
    await close(app)
