"""Time limits for request bodies on our own server, while they arrive and after an early response.

Other platforms deliver whole bodies or enforce a minimum speed themselves; uvicorn does neither.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from handlers.http.parse import too_slow

BASE_TIMEOUT_S = 15.0
"""The time allowed for any body, in seconds. Webhooks have a deadline of their own (handlers/webhooks.py)."""
BYTES_PER_S = 16 * 1024
"""Each time this many bytes have arrived, the deadline moves by a second.

A photo of 25 MB may then arrive over a slow connection, but not byte by byte.
"""
LINGER_S = 2.0
"""How long the rest of a body is read and discarded after an early response, in seconds.

Otherwise the connection would be reset before the sender has read the response.
"""


class SlowBodyLimit:
    """Answers 408 if a body arrives too slowly, and closes connections whose body was not read to its end."""

    def __init__(self, app: ASGIApp):
        self._next = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not _has_body(scope):
            await self._next(scope, receive, send)
            return
        body = _Body(receive, send, asyncio.get_running_loop().time())
        await self._next(scope, body.receive, body.send)


@dataclass
class _Body:
    """The body of one request. `ended` is true once its last byte has arrived or the client has disconnected."""

    _receive: Receive
    _send: Send
    started: float
    received: int = 0
    ended: bool = False

    async def receive(self) -> Message:
        """The next part of the body. Raises AppError 408 (`too_slow`) after the deadline."""
        if self.ended:  # from now on, messages only say whether the client is still connected
            return await self._receive()
        try:
            async with asyncio.timeout_at(self.started + BASE_TIMEOUT_S + self.received / BYTES_PER_S):
                message = await self._receive()
        except TimeoutError as fault:
            raise too_slow() from fault
        self.received += len(message.get("body", b""))
        self.ended = not message.get("more_body", False)
        return message

    async def send(self, message: Message) -> None:
        if self.ended:
            await self._send(message)
        elif message["type"] == "http.response.start":
            await self._send({**message, "headers": [*message["headers"], (b"connection", b"close")]})
        elif message.get("more_body", False):
            await self._send(message)
        else:
            await self._send({**message, "more_body": True})
            await self._linger()
            await self._send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _linger(self) -> None:
        try:
            async with asyncio.timeout(LINGER_S):
                while not self.ended:
                    self.ended = not (await self._receive()).get("more_body", False)
        except TimeoutError:
            return


def _has_body(scope: Scope) -> bool:
    return any(
        name == b"transfer-encoding" or (name == b"content-length" and value != b"0")
        for name, value in scope["headers"]
    )
