"""ASGI on a Cloudflare worker, without the SDK's own, which reads a whole body before the application starts."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import unquote

import js
from pyodide.ffi import to_js
from starlette.types import ASGIApp, Message

NO_BODY = (101, 204, 205, 304)


async def answer(app: ASGIApp, request: Any) -> Any:
    """A JavaScript Response to a JavaScript Request. The request streams in; the answer is sent whole."""
    chunks = _chunks(request.body)
    start: Message = {}
    body = bytearray()

    async def receive() -> Message:
        async for chunk in chunks:
            return {"type": "http.request", "body": chunk, "more_body": True}
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            start.update(message)
        else:
            body.extend(message.get("body", b""))

    await app(_scope(request), receive, send)
    headers = [[name.decode("latin-1"), value.decode("latin-1")] for name, value in start["headers"]]
    content = None if start["status"] in NO_BODY else to_js(bytes(body))
    return js.Response.new(content, status=start["status"], headers=to_js(headers))


async def _chunks(body: Any) -> AsyncIterator[bytes]:
    if not body:  # JavaScript's null is false
        return
    reader = body.getReader()
    while not (part := await reader.read()).done:
        yield part.value.to_bytes()


def _scope(request: Any) -> dict[str, Any]:
    url = js.URL.new(request.url)
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": request.method,
        "scheme": url.protocol.rstrip(":"),
        "path": unquote(url.pathname),
        "raw_path": url.pathname.encode(),
        "root_path": "",
        "query_string": url.search[1:].encode(),
        "headers": [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in request.headers],
    }
