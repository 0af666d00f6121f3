"""An ASGI server for Cloudflare workers.

The SDK has one as well, but it reads the whole body before it starts the application.
"""

from __future__ import annotations

import asyncio
from typing import Any
from urllib.parse import unquote

import js
from pyodide.ffi import JsException, to_js
from starlette.types import ASGIApp, Message
from workers import wait_until

NO_BODY = (101, 204, 205, 304)


async def answer(app: ASGIApp, request: Any) -> Any:
    """Answer a JavaScript Request with a JavaScript Response. Both are streamed, so a file is never whole in memory."""
    from app.wiring_worker import (
        pieces,
    )  # imported here: the wiring loads modules that a worker has no time for at start-up

    chunks = pieces(request.body) if request.body else None  # JavaScript's null is false
    reply = _Reply()

    async def receive() -> Message:
        chunk = await anext(chunks, None) if chunks else None
        return {"type": "http.request", "body": chunk or b"", "more_body": chunk is not None}

    work = asyncio.ensure_future(app(_scope(request), receive, reply.send))
    await asyncio.wait((work, reply.response), return_when=asyncio.FIRST_COMPLETED)
    if work.done():
        work.result()
    else:  # the body is still being sent
        wait_until(work)
    return await reply.response


class _Reply:
    """The application's response: a complete Response if the body is one message, otherwise a stream."""

    def __init__(self) -> None:
        self.response = asyncio.get_running_loop().create_future()
        self._start: Message = {}
        self._writer: Any = None

    async def send(self, message: Message) -> None:
        """Accept an ASGI message. Raises OSError if the client has disconnected."""
        if message["type"] == "http.response.start":
            self._start = message
            return
        body, more = message.get("body", b""), message.get("more_body", False)
        if not self.response.done():
            self.response.set_result(self._streaming() if more else self._whole(body))
        if self._writer:
            await self._write(body, more)

    def _whole(self, body: bytes) -> Any:
        return self._response(None if self._start["status"] in NO_BODY else to_js(body))

    def _streaming(self) -> Any:
        length = dict(self._start["headers"]).get(b"content-length")
        pipe = js.FixedLengthStream.new(int(length)) if length else js.TransformStream.new()
        self._writer = pipe.writable.getWriter()
        return self._response(pipe.readable)

    def _response(self, content: Any) -> Any:
        headers = [[name.decode("latin-1"), value.decode("latin-1")] for name, value in self._start["headers"]]
        return js.Response.new(content, status=self._start["status"], headers=to_js(headers))

    async def _write(self, body: bytes, more: bool) -> None:
        try:
            if body:
                await self._writer.write(to_js(body))
            if not more:
                await self._writer.close()
        except JsException as fault:
            raise OSError("the client has gone") from fault


def _scope(request: Any) -> dict[str, Any]:
    url = js.URL.new(request.url)
    headers = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in request.headers]
    return {
        "type": "http",
        "asgi": {
            "version": "3.0",
            "spec_version": "2.4",
        },  # from this version on, send raises OSError if the client has disconnected
        "http_version": "1.1",
        "method": request.method,
        "scheme": url.protocol.rstrip(":"),
        "path": unquote(url.pathname),
        "raw_path": url.pathname.encode(),
        "root_path": "",
        "query_string": url.search[1:].encode(),
        "headers": headers,
        "client": (
            dict(headers).get(b"cf-connecting-ip", b"").decode("latin-1"),
            0,
        ),  # set by Cloudflare; clients cannot
    }
