"""An httpx transport for Cloudflare Workers, which have no sockets: it uses the platform's `fetch`."""

from __future__ import annotations

from typing import Any

import httpx
import js
from pyodide.ffi import JsException, to_js

PLATFORM_HEADERS = ("host", "content-length", "connection", "accept-encoding", "transfer-encoding")
"""Request headers that `fetch` sets itself."""
DECODED_HEADERS = ("content-encoding", "content-length", "transfer-encoding")
"""Response headers that no longer apply, because `fetch` has already decompressed the body."""


class FetchTransport(httpx.AsyncBaseTransport):
    """Sends each request with one `fetch`. Redirects are returned as responses, not followed."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        body = await request.aread()
        try:
            answer = await js.fetch(str(request.url), _options(request, body))
            data = (await answer.arrayBuffer()).to_bytes()
        except JsException as fault:
            raise httpx.ConnectError(f"fetch failed: {fault.name}", request=request) from None
        headers = [(name, value) for name, value in answer.headers if name.lower() not in DECODED_HEADERS]
        return httpx.Response(answer.status, headers=headers, content=data, request=request)


def _options(request: httpx.Request, body: bytes) -> Any:
    headers = [[name, value] for name, value in request.headers.items() if name.lower() not in PLATFORM_HEADERS]
    options: dict[str, Any] = {"method": request.method, "headers": headers, "redirect": "manual"}
    if body:
        options["body"] = body
    return to_js(options, dict_converter=js.Object.fromEntries)
