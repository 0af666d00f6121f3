"""A cheap client: raw sockets that stay open, one request after another on each, and how long each answer took."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlsplit

PATIENCE_S = 5.0
"""How long Shopify waits for the answer to a webhook: https://shopify.dev/docs/apps/build/webhooks/delivery-methods"""

LONG_S = 60.0
"""For others, on cores that are kept busy."""


@dataclass
class Volley:
    """What became of many requests."""

    statuses: Counter[int] = field(default_factory=Counter)
    seconds: list[float] = field(default_factory=list)
    again: int = 0
    took_s: float = 0.0

    @property
    def slowest_s(self) -> float:
        return max(self.seconds)

    @property
    def median_s(self) -> float:
        return sorted(self.seconds)[len(self.seconds) // 2]

    @property
    def p99_s(self) -> float:
        return sorted(self.seconds)[len(self.seconds) * 99 // 100]


async def fire(urls: Sequence[str], requests: Iterable[bytes], connections: int, *, as_shopify: bool = False) -> Volley:
    """Send them over so many connections, spread over the servers. `as_shopify`: what is not answered with 200 within
    five seconds is sent again."""
    volley, waiting, started = Volley(), iter(requests), time.monotonic()
    senders = [_Sender(urls[at % len(urls)], volley, as_shopify) for at in range(connections)]
    await asyncio.gather(*[sender.send_all(waiting) for sender in senders])
    volley.took_s = time.monotonic() - started
    return volley


@dataclass
class _Sender:
    url: str
    volley: Volley
    as_shopify: bool

    async def send_all(self, waiting: Iterator[bytes]) -> None:
        self._connection: _Connection | None = None
        for request in waiting:
            while await self._status(request) != 200 and self.as_shopify:
                self.volley.again += 1
                await asyncio.sleep(0.1)
        if self._connection:
            self._connection.transport.close()

    async def _status(self, request: bytes) -> int:
        """0: no answer in time, or none at all."""
        began = time.monotonic()
        try:
            async with asyncio.timeout(PATIENCE_S if self.as_shopify else LONG_S):
                connection = self._connection or await _connected(self.url)
                self._connection = None
                status = await connection.ask(request)
        except (OSError, TimeoutError):
            status = 0
        else:
            self._connection = None if connection.transport.is_closing() else connection
        self.volley.seconds.append(time.monotonic() - began)
        self.volley.statuses[status] += 1
        return status


class _Connection(asyncio.Protocol):
    """Answers are told apart by their Content-Length, which all of the app's have."""

    transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport, self._heard, self._answer = transport, b"", None

    async def ask(self, request: bytes) -> int:
        self._heard = b""
        self._answer = asyncio.get_running_loop().create_future()
        self.transport.write(request)
        return int(await self._answer)

    def data_received(self, data: bytes) -> None:
        self._heard += data
        head, whole, body = self._heard.partition(b"\r\n\r\n")
        if whole and self._answer and len(body) >= _length(head) and not self._answer.done():
            self._answer.set_result(head[9:12])

    def connection_lost(self, fault: Exception | None) -> None:
        if self._answer and not self._answer.done():
            self._answer.set_exception(fault or ConnectionResetError())


async def _connected(url: str) -> _Connection:
    place = urlsplit(url)
    _, connection = await asyncio.get_running_loop().create_connection(_Connection, place.hostname, place.port)
    return connection


def _length(head: bytes) -> int:
    return int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0] or 0)
