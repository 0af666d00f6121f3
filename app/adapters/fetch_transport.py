"""HTTP out of a worker: httpx over the platform's fetch, for there are no sockets."""

from __future__ import annotations

from typing import Any

import httpx
import js
from pyodide.ffi import JsException, to_js

NOT_OURS = ("host", "content-length", "connection", "accept-encoding", "transfer-encoding")
"""Headers that the platform writes itself."""
DECODED = ("content-encoding", "content-length", "transfer-encoding")
"""Headers of an answer that are no longer true: its body comes unpacked."""


class FetchTransport(httpx.AsyncBaseTransport):
    """Sends one request with one fetch; redirects are answers like any other."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        body = await request.aread()
        try:
            answer = await js.fetch(str(request.url), _options(request, body))
            data = (await answer.arrayBuffer()).to_bytes()
        except JsException as fault:
            raise httpx.ConnectError(f"fetch failed: {fault.name}", request=request) from None
        headers = [(name, value) for name, value in answer.headers if name.lower() not in DECODED]
        return httpx.Response(answer.status, headers=headers, content=data, request=request)


def _options(request: httpx.Request, body: bytes) -> Any:
    headers = [[name, value] for name, value in request.headers.items() if name.lower() not in NOT_OURS]
    options: dict[str, Any] = {"method": request.method, "headers": headers, "redirect": "manual"}
    if body:
        options["body"] = body
    return to_js(options, dict_converter=js.Object.fromEntries)
