"""What every set-up offers: requests in, rows, objects and logs out, jobs waited for, and a clock to step."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from app.core.times import to_text
from app.privacy.retention import ROUND
from devstore.config import Config
from devstore.server import create_devstore
from tests.devstore.conftest import serving
from tests.fakes.gemini import KEY, FakeGemini
from tests.integration.servers import OTHER_SHOP, RETRY_DELAYS, SHOP, Shopify
from tests.setups import clock
from tests.setups.seed import offers

TOKEN_KEY = "c2V0LXVwJ3MgdG9rZW4ga2V5LCBub2JvZHkgcmVhZHM="
LINK_KEY = "c2V0LXVwJ3MgbGluayBrZXksIG5vYm9keSByZWFkcy4="
KEEP_ALIVE_S = 2.0
"""How long an idle connection is used again. uvicorn closes it after five seconds, which are httpx's default too: a
request could meet a connection that is being closed."""
PATIENCE_S = 60.0
"""How long jobs may take on cores that others keep busy."""
WAITING = (
    "SELECT kind, status, attempts, run_at, last_error FROM jobs "
    "WHERE status = 'running' OR (status = 'pending' AND (attempts = 0 OR run_at <= ?))"
)
"""What must run before all is quiet. A new try counts when it was due as the wait began: later ones wait for a clock
step."""

UNSWEPT = "SELECT key FROM assets WHERE purpose = 'upload' AND deleted_at IS NULL AND expires_at <= ?"
ROUND_OVER = "SELECT name FROM sweeps WHERE cursor IS NULL AND begun_at <= ?"
"""Sweeps that begin anew: those whose last round began more than a day before."""


@dataclass(frozen=True)
class Neighbours:
    """The simulated Shopify and the small Gemini, and what an app beside them has in its environment."""

    shopify: Shopify
    gemini: FakeGemini
    environ: Mapping[str, str]


@contextmanager
def neighbours(app_url: str, *, shopify_port: int = 0, gemini_port: int = 0) -> Iterator[Neighbours]:
    """Neighbours of the app at this address, which need not answer yet. Theirs are on free ports if none are given."""
    config, gemini = Config(app_url=app_url, retry_delays=RETRY_DELAYS), FakeGemini()
    devstore = create_devstore(config, shops=[SHOP, OTHER_SHOP])
    with (
        serving(devstore, shopify_port) as url,
        httpx.Client(base_url=url, trust_env=False) as http,
        gemini.serving(gemini_port) as gemini_url,
    ):
        environ = {
            "APP_URL": app_url,
            "SHOPIFY_API_KEY": config.api_key,
            "SHOPIFY_API_SECRET": config.api_secret,
            "SHOPIFY_BASE_URL": url,
            "TOKEN_KEY": TOKEN_KEY,
            "LINK_KEY": LINK_KEY,
            "AI_PROVIDER": "gemini",
            "GEMINI_API_KEY": KEY,
            "GEMINI_BASE_URL": gemini_url,
        }
        yield Neighbours(Shopify(url, config, devstore.state.store, http), gemini, environ)


class SetUp(ABC):
    """A running app. `url` is where it answers."""

    name: str
    url: str
    dialect: clock.Dialect = "sqlite"

    def __init__(self, url: str, beside: Neighbours):
        self.url, self.environ = url, beside.environ
        self.shopify, self.gemini = beside.shopify, beside.gemini
        limits = httpx.Limits(keepalive_expiry=KEEP_ALIVE_S)
        self.http = httpx.Client(base_url=url, timeout=60, trust_env=False, limits=limits)

    def send(
        self, method: str, target: str, headers: Mapping[str, str] | None = None, body: bytes = b""
    ) -> httpx.Response:
        """One request; `target` is a path of the app, with its query, or an address of its storage."""
        return self.http.request(method, target, headers=headers, content=body)

    @abstractmethod
    def rows(self, sql: str, *values: Any) -> list[dict[str, Any]]:
        """What a SELECT gives, read past the app; values stand at `?`."""

    @abstractmethod
    def execute(self, *statements: str) -> None:
        """Change rows past the app, all or nothing."""

    @abstractmethod
    def objects(self) -> Collection[str]:
        """The keys of what lies in storage."""

    @abstractmethod
    def stored(self, key: str) -> bytes:
        """The bytes that lie in storage under a key."""

    @abstractmethod
    def log(self) -> str:
        """All that the app's processes have printed."""

    @abstractmethod
    def cron(self) -> None:
        """Do what the platform does every minute."""

    def pump(self) -> None:
        """Carry hints to jobs, where no process of the set-up does; else let time pass."""
        time.sleep(0.05)

    def settle(self) -> None:
        """Wait until webhooks are delivered and jobs have run. What failed waits for its next try."""
        self.shopify.deliveries()
        self.wait_while(WAITING)

    def wait_while(self, sql: str, ago: timedelta = timedelta()) -> None:
        """Wait until what is looked for, of this moment or so long ago, is no more."""
        began, deadline = datetime.now(UTC) - ago, time.monotonic() + PATIENCE_S
        while waiting := self.look(sql, began):
            assert time.monotonic() < deadline, f"{self.name}: there still is {waiting}\n{self.log()[-3000:]}"
            self.pump()

    def is_unswept(self) -> bool:
        """Whether a sweep has something to do that its time has come for."""
        return bool(self.look(UNSWEPT) or self.look(ROUND_OVER, datetime.now(UTC) - ROUND))

    def wait_until_swept(self) -> None:
        self.wait_while(UNSWEPT)
        self.wait_while(ROUND_OVER, ROUND)

    def look(self, sql: str, at: datetime | None = None) -> list[dict[str, Any]]:
        """The rows of a SELECT that asks for a moment at `?`; now, as a rule."""
        return self.rows(sql, to_text(at or datetime.now(UTC)))

    def move(self, by: timedelta) -> None:
        """Let so much time pass: every time in the database moves back, because other processes' clocks cannot be set.

        What is signed with its end, a link or a view token, stays as it was.
        """
        self.execute(*clock.moved_back(by, self.dialect))

    def fill(self) -> None:
        """The demo's products, as they lie there before the merchant's first visit."""
        self.execute(*offers(SHOP))

    def open_shops(self, shop: str, *others: str) -> None:
        """Shops that Shopify does not have yet; the first has the demo's products, as if it were the demo's."""
        store = self.shopify.store
        if shop not in store.shops:
            self.execute(*offers(shop))
        store.shops = (*store.shops, *(each for each in (shop, *others) if each not in store.shops))
