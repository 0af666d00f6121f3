"""API Gateway before a function: HTTP in, events of payload version 2.0 to the function, its answers out."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import anyio.to_thread
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from tests.aws.runtime import Function, http_event
from tests.devstore.conftest import serving

MOST_BYTES = 6 * 1024 * 1024
"""Of an event, as Lambda has it; bodies travel in base64."""


class Gateway:
    """Calls `function`, which may be set later than this is served."""

    url: str
    function: Function

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            answer = await self._answer(Request(scope, receive))
            await answer(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        body = await request.body()
        if len(body) * 4 / 3 > MOST_BYTES:
            return Response('{"message":"Request Entity Too Large"}', 413, media_type="application/json")
        url = f"{self.url}{request.scope['raw_path'].decode()}?{request.scope['query_string'].decode()}"
        event = http_event(request.method, url, dict(request.headers), body)
        return _response(await anyio.to_thread.run_sync(self.function, event))


@contextmanager
def gateway() -> Iterator[Gateway]:
    """A gateway on a free port, before its function is there."""
    front = Gateway()
    with serving(front) as front.url:
        yield front


def _response(given: dict[str, Any]) -> Response:
    body = base64.b64decode(given["body"]) if given["isBase64Encoded"] else given["body"].encode()
    response = Response(body, given["statusCode"])
    for name, value in given["headers"].items():
        response.headers[name] = value
    return response
