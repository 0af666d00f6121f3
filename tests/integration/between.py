"""What stands between the app and Shopify's Admin API: it passes each call on, or does to it what a network does."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from devstore.admin_endpoint import DroppedConnection
from tests.devstore.conftest import serving

THROTTLED = {"errors": [{"message": "Throttled", "extensions": {"code": "THROTTLED"}}]}
BUSY = {"errors": [{"message": "Try again", "extensions": {"code": "INTERNAL_SERVER_ERROR"}}]}
NOT_DONE = ("throttled 200", "throttled 429", "error 500", "error 200", "no answer", "user error")
DONE = ("lost answer", "answer 502", "late answer")
FAULTS = (*NOT_DONE, *DONE)
"""Calls that Shopify never did, and calls that it did, and whose answer was lost."""


@dataclass
class Between:
    """`plan` says of the next calls what becomes of them; those after it go through. `calls` counts all of them."""

    target: str
    plan: list[str] = field(default_factory=list)
    calls: int = 0

    async def answer(self, request: Request) -> Response:
        self.calls += 1
        fault = self.plan.pop(0) if self.plan else ""
        if fault in NOT_DONE:
            return await self._undone(fault, request)
        answer = await self._passed(request)
        if fault == "lost answer":
            return DroppedConnection()
        if fault == "late answer":
            await self._silence(request)
        return Response(status_code=502) if fault == "answer 502" else answer

    async def _undone(self, fault: str, request: Request) -> Response:
        if fault == "no answer":
            await self._silence(request)
        if fault == "user error":
            errors = {"userErrors": [{"field": ["id"], "message": "This order cannot be changed.", "code": "INVALID"}]}
            return JSONResponse({"data": dict.fromkeys(("metafieldsSet", "tagsAdd"), errors)})
        body = THROTTLED if fault.startswith("throttled") else BUSY
        return JSONResponse(body, int(fault.rpartition(" ")[2]) if fault[-1].isdigit() else 200)

    async def _passed(self, request: Request) -> Response:
        headers = {name: request.headers[name] for name in ("content-type", "x-shopify-access-token")}
        async with httpx.AsyncClient(trust_env=False) as http:
            url = f"{self.target}{request.url.path}"
            answer = await http.post(url, content=await request.body(), headers=headers)
        return Response(answer.content, answer.status_code, media_type="application/json")

    async def _silence(self, request: Request) -> None:
        """Until the caller has had enough of waiting."""
        message: Any = {}
        while message.get("type") != "http.disconnect":
            message = await request.receive()


@contextmanager
def between(target: str) -> Iterator[tuple[Between, str]]:
    """It, and its address."""
    made = Between(target)
    with serving(Starlette(routes=[Route("/{path:path}", made.answer, methods=["POST"])])) as url:
        yield made, url
