"""Sixteen requests in four real processes want a token that must be refreshed: one of them does it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from starlette.types import ASGIApp, Receive, Scope, Send

from app import shops, wiring
from app.core.app import App
from app.core.ports.shopify import AdminVisit
from app.core.settings import Settings
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


def together(settings: dict[str, str], at: datetime) -> list[list[str]]:
    """What each of the processes got, all of which asked at the same moment."""
    command = [sys.executable, "-m", "tests.integration.shops.refresher", SHOP, at.isoformat(), str(TIMES)]
    with ExitStack() as stack:
        running = [
            stack.enter_context(
                processes.start(
                    command,
                    cwd=ROOT,
                    env=dict(os.environ) | settings,
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.PIPE,
                    text=True,
                )
            )
            for _ in range(PROCESSES)
        ]
        for process in running:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n", process.communicate()
        for process in running:
            assert process.stdin is not None
            process.stdin.write("go\n")
            process.stdin.flush()
        return [json.loads(process.communicate(timeout=60)[0]) for process in running]


async def test_a_token_near_its_end_is_refreshed_by_one_while_the_others_use_it(
    settings: dict[str, str], shopify: tuple[str, Counted]
) -> None:
    app, counted = await installed(settings), shopify[1]
    first = (await shops.access_token(app, SHOP)).access
    counted.asked.clear()
    got = together(settings, datetime.now(UTC) + timedelta(minutes=56))
    tokens = [token for each in got for token in each]
    assert len(tokens) == PROCESSES * TIMES
    assert len(counted.asked) == 1
    next_one = (await shops.access_token(app, SHOP)).access
    assert set(tokens) <= {first, next_one}
    assert next_one in tokens
    await close(app)


async def test_a_dead_token_is_refreshed_by_one_while_the_others_are_told_to_come_again(
    settings: dict[str, str], shopify: tuple[str, Counted]
) -> None:
    app, counted = await installed(settings), shopify[1]
    counted.asked.clear()
    later = datetime.now(UTC) + timedelta(minutes=61)
    tokens = [token for each in together(settings, later) for token in each]
    assert len(tokens) == PROCESSES * TIMES
    assert len(counted.asked) == 1
    next_one = (await shops.access_token(app, SHOP)).access
    assert set(tokens) <= {"refreshing", next_one}
    assert next_one in tokens
    await close(app)
