"""Bodies on a server: too slow, left unread, or large and many at once. The paces are shortened, not the clock."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from starlette.responses import PlainTextResponse
from starlette.types import Message, Receive, Scope, Send

from app.core.errors import AppError
from handlers import bodies, parse
from handlers.bodies import Paced
from handlers.routes import create
from tests.apps import close, make_app
from tests.integration.wire import call

pytestmark = pytest.mark.anyio
PIECE: Message = {"type": "http.request", "body": b"x" * 1000, "more_body": True}
LAST: Message = {"type": "http.request", "body": b"", "more_body": False}


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies, "FIRST_S", 0.05)
    monkeypatch.setattr(bodies, "LINGER_S", 0.05)


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

    await Paced(app)(scope, receive, send)
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
    monkeypatch.setattr(bodies, "BYTES_A_S", 1000 / 60)

    async def pausing() -> AsyncIterator[Message]:
        yield PIECE
        await asyncio.sleep(2 * bodies.FIRST_S)
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


async def test_large_bodies_find_no_room_when_many_come_at_once_and_small_ones_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parse, "ROOM_BYTES", 100_000)
    app = make_app(tmp_path)
    routes = create(app)
    large = [{**PIECE, "body": b"x" * 50_000}] * 4 + [LAST]
    assert (await call(routes, "POST", "/webhooks", received=list(large))).status == 503
    assert (await call(routes, "POST", "/webhooks", received=[{**PIECE, "body": b"x" * 60_000}, LAST])).status == 401
    assert routes.state.room.taken == 0
    await close(app)


async def test_a_body_that_announces_too_much_is_refused_before_it_comes(tmp_path: Path) -> None:
    app = make_app(tmp_path)
    answer = await call(create(app), "POST", "/webhooks", headers={"content-length": b"100000000"}, received=[LAST])
    assert answer.status == 413
    await close(app)
