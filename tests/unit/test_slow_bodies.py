"""Bodies on a server: too slow, left unread, or large and many at once. The paces are shortened, not the clock."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.types import Message, Receive, Scope, Send

from app.core.errors import AppError
from handlers import webhooks
from handlers.http import parse, slow_bodies
from handlers.http.slow_bodies import SlowBodyLimit
from handlers.routes import create
from tests.apps import close, make_app
from tests.integration.wire import call

pytestmark = pytest.mark.anyio
PIECE: Message = {"type": "http.request", "body": b"x" * 1000, "more_body": True}
LAST: Message = {"type": "http.request", "body": b"", "more_body": False}
MAYBE = {"x-shopify-hmac-sha256": b"A" * 43 + b"="}
"""A webhook's signature by its form."""


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slow_bodies, "BASE_TIMEOUT_S", 0.05)
    monkeypatch.setattr(slow_bodies, "LINGER_S", 0.05)


async def sender(*messages: Message) -> AsyncIterator[Message]:
    """These, and then nothing any more."""
    for message in messages:
        yield message
    await asyncio.Event().wait()


async def asked(app: Any, pieces: AsyncIterator[Message], length: bytes = b"2000") -> list[Message]:
    scope: Scope = {"type": "http", "headers": [(b"content-length", length)] if length else []}
    sent: list[Message] = []

    async def receive() -> Message:
        return await anext(pieces)

    async def send(message: Message) -> None:
        sent.append(message)

    await SlowBodyLimit(app)(scope, receive, send)
    return sent


async def reads_all(scope: Scope, receive: Receive, send: Send) -> None:
    while (await receive())["more_body"]:
        pass
    await PlainTextResponse("read")(scope, receive, send)


async def reads_nothing(scope: Scope, receive: Receive, send: Send) -> None:
    await PlainTextResponse("no")(scope, receive, send)


async def test_a_body_that_does_not_end_in_time_is_a_408() -> None:
    with pytest.raises(AppError) as caught:
        await asked(reads_all, sender(PIECE))
    assert (caught.value.status, caught.value.code) == (408, "too_slow")


async def test_what_has_come_earns_time_for_the_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    """A thousand bytes earn a minute here: a sender that waits longer than the first pause allows is let go on."""
    monkeypatch.setattr(slow_bodies, "BYTES_PER_S", 1000 / 60)

    async def pausing() -> AsyncIterator[Message]:
        yield PIECE
        await asyncio.sleep(2 * slow_bodies.BASE_TIMEOUT_S)
        yield LAST

    assert (await asked(reads_all, pausing()))[-1]["body"] == b"read"


async def test_a_connection_whose_body_was_not_read_is_closed_after_the_answer_has_gone_out() -> None:
    start, whole, end = await asked(reads_nothing, sender(PIECE, PIECE))
    assert (b"connection", b"close") in start["headers"]
    assert (whole["body"], whole["more_body"]) == (b"no", True)
    assert (end["body"], end["more_body"]) == (b"", False)


@pytest.mark.parametrize(("app", "length"), [(reads_all, b"2000"), (reads_nothing, b""), (reads_nothing, b"0")])
async def test_a_connection_stays_open_when_nothing_is_left_to_read(app: Any, length: bytes) -> None:
    start, end = await asked(app, sender(PIECE, LAST), length)
    assert b"connection" not in dict(start["headers"])
    assert not end.get("more_body")


@pytest.fixture
async def routes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, anyio_backend: str) -> AsyncIterator[Starlette]:
    """The app with 200 KB of memory for large bodies, of which an address may have half."""
    monkeypatch.setattr(parse, "BODY_MEMORY_BYTES", 200_000)
    monkeypatch.setattr(parse, "ADDRESS_MEMORY_BYTES", 100_000)
    app = make_app(tmp_path)
    yield create(app)
    await close(app)


def large(size: int) -> list[Message]:
    """The beginning of a body: what passes 64 KB of it takes `size` bytes of that memory."""
    return [{**PIECE, "body": b"x" * 50_000}, {**PIECE, "body": b"x" * (parse.MAX_JSON_BYTES - 50_000 + size)}]


async def test_large_bodies_are_refused_when_many_arrive_at_once_and_small_ones_are_not(routes: Starlette) -> None:
    too_large = [*large(100_000), PIECE, LAST]
    assert (await call(routes, "POST", "/webhooks", headers=MAYBE, received=too_large)).status == 503
    small: list[Message] = [{**PIECE, "body": b"x" * 60_000}, LAST]
    assert (await call(routes, "POST", "/webhooks", headers=MAYBE, received=small)).status == 401
    assert routes.state.body_memory.reserved == 0


async def test_one_address_leaves_memory_for_others(routes: Starlette) -> None:
    async with asyncio.TaskGroup() as connections:
        silent = [_silent(routes, connections, "203.0.113.1") for _ in range(3)]
        await asyncio.sleep(0.05)
        assert routes.state.body_memory.reserved == 80_000, "two reserved memory, and the third was refused"
        assert await _status(routes, "203.0.113.1", 40_000) == 503
        assert await _status(routes, "203.0.113.2", 100_000) == 401
        for each in silent:
            each.cancel()
    assert routes.state.body_memory.held == {}


@pytest.mark.parametrize("signature", ["", "none", "x" * 5000, "A" * 44, "A" * 43 + "==", "é" * 44])
@pytest.mark.parametrize("name", ["x-shopify-hmac-sha256", "shopify-hmac-sha256"])
async def test_no_large_body_is_read_without_what_could_be_a_signature(
    routes: Starlette, name: str, signature: str
) -> None:
    headers = {name: signature.encode()} if signature else {}
    unread = [*large(1), PIECE, PIECE]
    assert (await call(routes, "POST", "/webhooks", headers=headers, received=unread)).status == 413
    assert len(unread) == 2
    assert routes.state.body_memory.reserved == 0


@pytest.mark.parametrize("path", ["/webhooks", "/webhooks/"])
async def test_a_webhook_earns_no_time_by_what_has_come(
    routes: Starlette, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A client that sends much and then stalls keeps its memory no longer than one that sends nothing."""
    monkeypatch.setattr(webhooks, "BODY_S", 0.1)
    monkeypatch.setattr(slow_bodies, "BASE_TIMEOUT_S", 60.0)
    for received in (large(90_000), [PIECE], large(0)):
        server = SlowBodyLimit(routes)
        answer = await call(server, "POST", path, headers=MAYBE, received=received, then=None)
        assert (answer.status, answer.error["code"]) == (408, "too_slow")
    assert routes.state.body_memory.held == {}


@pytest.mark.parametrize(
    ("method", "path"),
    [("POST", "/internal/jobs"), ("POST", "/internal/jobs/1/finish"), ("POST", "/proxy/uploads"), ("PUT", "/media/k")],
)
async def test_only_webhooks_reserve_memory_for_large_bodies(
    routes: Starlette, method: str, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Other bodies are small, or are streamed to storage."""
    monkeypatch.setattr(parse.BodyMemory, "reserve", None)
    answer = await call(routes, method, path, headers=MAYBE, received=[*large(50_000), LAST])
    assert answer.status in (401, 403, 404, 413)


def _silent(routes: Starlette, connections: asyncio.TaskGroup, client: str) -> asyncio.Task[Any]:
    asking = call(routes, "POST", "/webhooks", headers=MAYBE, received=large(40_000), client=client, then=None)
    return connections.create_task(asking)


async def _status(routes: Starlette, client: str, size: int) -> int:
    received = [*large(size), LAST]
    return (await call(routes, "POST", "/webhooks", headers=MAYBE, received=received, client=client)).status


async def test_a_body_that_announces_too_much_is_refused_before_it_comes(tmp_path: Path) -> None:
    app = make_app(tmp_path)
    answer = await call(create(app), "POST", "/webhooks", headers={"content-length": b"100000000"}, received=[LAST])
    assert answer.status == 413
    await close(app)
