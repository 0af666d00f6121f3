"""How a server of ours takes bodies: not at any pace, and not on and on after the answer.

Other platforms hand over whole bodies, or watch over the pace themselves; uvicorn does neither.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from handlers.http.parse import too_slow

FIRST_S = 15.0
"""How long any body may take, in seconds. A webhook's has a deadline of its own (handlers/webhooks.py)."""
BYTES_A_S = 16 * 1024
"""Each so many bytes that have come give a second more: a photo of 25 MB may come slowly, but not by the byte."""
LINGER_S = 2.0
"""How long what still comes is read and dropped after an early answer, so that the sender gets to read it."""


class Paced:
    """Answers 408 to who sends too slowly, and closes a connection whose body was not read to its end."""

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
    """One request's. `ended` when its last byte has come, or the sender has gone."""

    _receive: Receive
    _send: Send
    began: float
    received: int = 0
    ended: bool = False

    async def receive(self) -> Message:
        """Raises AppError 408."""
        if self.ended:  # now it only tells whether the sender is still there
            return await self._receive()
        try:
            async with asyncio.timeout_at(self.began + FIRST_S + self.received / BYTES_A_S):
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
