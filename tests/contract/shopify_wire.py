"""A tiny Shopify on a real socket: it answers from a script, and notes what it was asked."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Literal

Answer = tuple[int, Any] | tuple[int, Any, Mapping[str, str]] | Literal["lost", "silent"]


@dataclass
class Wire:
    """`asked` has a (path, headers, body) for each request; a script's last answer repeats."""

    script: Sequence[Answer]
    url: str = ""
    asked: list[tuple[str, dict[str, str], Any]] = field(default_factory=list)
    closing: asyncio.Event = field(default_factory=asyncio.Event)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        start, *lines = head.strip().split("\r\n")
        headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines)}
        body = json.loads(await reader.readexactly(int(headers["content-length"])))
        self.asked.append((start.split(" ")[1], headers, body))
        await self._answer(self.script[min(len(self.asked), len(self.script)) - 1], writer)
        writer.close()
        await writer.wait_closed()

    async def _answer(self, answer: Answer, writer: asyncio.StreamWriter) -> None:
        if answer == "silent":
            await self.closing.wait()
        if isinstance(answer, str):
            return
        status, content, *more = answer
        text = (content if isinstance(content, str) else json.dumps(content)).encode()
        headers = {"Content-Length": str(len(text)), "Connection": "close", **(more[0] if more else {})}
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        writer.write(f"HTTP/1.1 {status} X\r\n{lines}\r\n".encode() + text)
        await writer.drain()


@asynccontextmanager
async def wire(*script: Answer) -> AsyncIterator[Wire]:
    shopify = Wire(script)
    server = await asyncio.start_server(shopify.serve, "127.0.0.1", 0)
    shopify.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield shopify
    finally:
        shopify.closing.set()
        server.close()
        await server.wait_closed()
