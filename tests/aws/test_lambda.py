"""The Lambda functions under Lambda's own runtime: HTTP as ASGI answers it, jobs from SQS, and the sweep."""

from __future__ import annotations

import asyncio
import base64
import json
import sqlite3
import uuid
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from app import jobs
from app.core.app import App
from app.core.times import SystemClock, to_text
from devstore.signatures import webhook_hmac
from handlers.routes import create
from tests.apps import API_SECRET, SHOP, close, environ, make_app, open_shop, stock
from tests.aws import servers
from tests.aws.runtime import Function, deployed, http_event, sqs_event
from tests.integration.storefront import signed
from tests.integration.webhooks import left

APP_URL = "https://artify.example.com"
CHANGING = {"x-request-id", "content-length"}


@dataclass
class Installed:
    """An app with a shop, and what a function of it has in its environment."""

    folder: Path
    app: App
    environ: dict[str, str]
    queue_url: str

    def rows(self, sql: str, *values: str) -> list[tuple[Any, ...]]:
        with closing(sqlite3.connect(self.folder / "artify.db", isolation_level=None)) as handle:
            return list(handle.execute(sql, values))

    def messages(self) -> list[str]:
        """What waits in SQS; they are gone then."""
        sqs = servers.client("sqs", servers.moto())
        received = sqs.receive_message(QueueUrl=self.queue_url, MaxNumberOfMessages=10).get("Messages", [])
        return [str(message["Body"]) for message in received]

    def queued(self, subject: str, *, run_at: datetime | None = None) -> jobs.Job:
        """A job in the database, without any hint: an uninstall that was never told, which changes nothing."""
        at = run_at or self.app.clock.now()
        job = jobs.new("shops.uninstall", SHOP, subject, at=at)
        asyncio.run(self.app.db.batch(jobs.insert(job, at)))
        return job


@pytest.fixture
def installed(tmp_path: Path) -> Iterator[Installed]:
    made = servers.queue()
    settings = {"APP_URL": APP_URL, "QUEUE_URL": servers.queue_setting(made)}
    app = make_app(tmp_path, settings, clock=SystemClock())
    asyncio.run(_fill(app))
    yield Installed(tmp_path, app, environ(tmp_path) | settings, made)
    asyncio.run(close(app))


@pytest.fixture
def http(installed: Installed) -> Iterator[Function]:
    with deployed("http", installed.folder, installed.environ) as function:
        yield function


@pytest.fixture
def queue(installed: Installed) -> Iterator[Function]:
    with deployed("queue", installed.folder, installed.environ) as function:
        yield function


async def _fill(app: App) -> None:
    await open_shop(app)
    await stock(app)


def webhook(body: bytes, *, secret: str = API_SECRET) -> dict[str, str]:
    return {
        "content-type": "application/json",
        "x-shopify-topic": "app/uninstalled",
        "x-shopify-shop-domain": SHOP,
        "x-shopify-webhook-id": str(uuid.uuid4()),
        "x-shopify-event-id": str(uuid.uuid4()),
        "x-shopify-triggered-at": to_text(datetime.now(UTC)),
        "x-shopify-api-version": "2026-10",
        "x-shopify-hmac-sha256": webhook_hmac(body, secret),
    }


def by_asgi(app: App, method: str, url: str, headers: dict[str, str], body: bytes) -> httpx.Response:
    async def ask() -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(create(app))) as client:
            return await client.request(method, url, headers=headers, content=body)

    return asyncio.run(ask())


def same_answer(given: dict[str, Any], right: httpx.Response) -> None:
    body = base64.b64decode(given["body"]) if given["isBase64Encoded"] else given["body"].encode()
    assert (given["statusCode"], _settled(body)) == (right.status_code, _settled(right.content))
    ours = {name.lower(): value for name, value in given["headers"].items() if name.lower() not in CHANGING}
    theirs = {name: value for name, value in right.headers.items() if name not in CHANGING}
    assert ours == {"content-type": "application/json"} | theirs


def _settled(body: bytes) -> Any:
    """The body without the id of its request."""
    if not body:
        return None
    answer = json.loads(body)
    answer.get("error", {}).pop("request_id", None)
    return answer


@pytest.mark.parametrize(
    ("product", "secret", "status"), [("1001", API_SECRET, 200), ("1001", "wrong", 401), ("no such", API_SECRET, 404)]
)
def test_a_storefront_call_has_the_answer_of_asgi(
    installed: Installed, http: Function, product: str, secret: str, status: int
) -> None:
    url = httpx.URL(f"{APP_URL}/proxy/products/{product}", params=signed({}, shop=SHOP, secret=secret))
    right = by_asgi(installed.app, "GET", str(url), {}, b"")
    assert right.status_code == status
    same_answer(http(http_event("GET", str(url), {})), right)


@pytest.mark.parametrize(("secret", "status"), [(API_SECRET, 200), ("wrong", 401)])
def test_a_webhook_has_the_answer_of_asgi(installed: Installed, http: Function, secret: str, status: int) -> None:
    url, body = f"{APP_URL}/webhooks", '{"domain":"größe.example.com"}'.encode()
    right = by_asgi(installed.app, "POST", url, webhook(body, secret=secret), body)
    assert right.status_code == status
    same_answer(http(http_event("POST", url, webhook(body, secret=secret), body)), right)
    recorded = installed.rows("SELECT count(*) FROM webhook_deliveries")
    assert recorded == [(2 if status == 200 else 0,)]


def test_a_webhook_becomes_a_message_and_the_message_a_job_that_is_done(
    installed: Installed, http: Function, queue: Function
) -> None:
    body = json.dumps(left(SHOP, updated_at=to_text(datetime.now(UTC)))).encode()
    assert http(http_event("POST", f"{APP_URL}/webhooks", webhook(body), body))["statusCode"] == 200
    (wake_up,) = installed.messages()
    assert installed.rows("SELECT id, status FROM jobs") == [(wake_up, "pending")]
    assert queue(sqs_event(wake_up)) == {"batchItemFailures": []}
    assert installed.rows("SELECT status FROM jobs") == [("done",)]
    assert installed.rows("SELECT is_active FROM shops WHERE id = ?", SHOP) == [(0,)]


def test_of_a_batch_only_the_message_that_failed_comes_again(installed: Installed, queue: Function) -> None:
    first, broken, last = (installed.queued(subject) for subject in ("1", "2", "3"))
    installed.rows("UPDATE jobs SET run_at = 'no time' WHERE id = ?", broken.id)
    answer = queue(sqs_event(first.id, broken.id, "no such job", last.id))
    assert answer == {"batchItemFailures": [{"itemIdentifier": "message-1"}]}
    assert installed.rows("SELECT id, status FROM jobs WHERE status <> 'pending' ORDER BY id") == [
        (first.id, "done"),
        (last.id, "done"),
    ]
    assert '"event": "wake_up_failed"' in queue.printed


def test_a_message_that_comes_twice_runs_its_job_once(installed: Installed, queue: Function) -> None:
    job = installed.queued("1")
    assert queue(sqs_event(job.id, job.id)) == {"batchItemFailures": []}
    assert queue(sqs_event(job.id)) == {"batchItemFailures": []}
    assert installed.rows("SELECT status, attempts FROM jobs") == [("done", 1)]


def test_the_sweep_hints_again_at_a_job_whose_hint_was_lost(installed: Installed) -> None:
    lost = installed.queued("1", run_at=datetime(2026, 1, 1, tzinfo=UTC))
    installed.queued("2")
    with deployed("schedule", installed.folder, installed.environ) as schedule:
        assert schedule({"source": "aws.events"}) == {"woken": 1}
        assert schedule({"source": "aws.events"}) == {"woken": 0}
    assert installed.messages() == [lost.id]
