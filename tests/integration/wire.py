"""One ASGI call with exactly these bytes: clients would tidy up what a stranger may send."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from typing import Any

from starlette.types import ASGIApp, Message

HANG_UP: Message = {"type": "http.disconnect"}


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def error(self) -> dict[str, str]:
        return dict(json.loads(self.body)["error"])


async def call(
    app: ASGIApp,
    method: str,
    path: str,
    query: bytes = b"",
    headers: dict[str, bytes] | list[tuple[bytes, bytes]] | None = None,
    received: list[Message] | None = None,
    client: str = "127.0.0.1",
    then: Message | None = HANG_UP,
) -> Answer:
    """`received` are the messages of the body; then the client hangs up, or without `then` is silent for ever."""
    messages = received or [{"type": "http.request", "body": b"", "more_body": False}]
    sent: list[Message] = []

    async def receive() -> Message:
        if messages:
            return messages.pop(0)
        return then or await asyncio.get_running_loop().create_future()

    async def send(message: Message) -> None:
        sent.append(message)

    await app(_scope(method, path, query, headers or {}) | {"client": (client, 1)}, receive, send)
    start = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in sent[0]["headers"]}
    return Answer(sent[0]["status"], start, b"".join(message.get("body", b"") for message in sent[1:]))


def _scope(
    method: str, path: str, query: bytes, headers: dict[str, bytes] | list[tuple[bytes, bytes]]
) -> dict[str, Any]:
    pairs = headers if isinstance(headers, list) else [(name.encode(), value) for name, value in headers.items()]
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "https",
        "path": path,
        "raw_path": path.encode(),
        "root_path": "",
        "query_string": query,
        "headers": [(b"host", b"app.test"), *pairs],
        "server": ("app.test", 443),
    }
