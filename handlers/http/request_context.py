"""Middleware for every request: an ID, a log line, security headers, and an error response after a crash."""

from __future__ import annotations

import time

from starlette.datastructures import MutableHeaders
from starlette.requests import ClientDisconnect, Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.core import log
from app.core.app import App
from app.core.errors import AppError
from app.core.ids import new_id
from handlers.http import errors

SAFE_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}
"""Defaults that a response may override. Most responses contain a token, a signed link or personal state."""


class StripTrailingSlash:
    """Removes a trailing slash from the path, so that `/webhooks/` is answered like `/webhooks`.

    Starlette would redirect to a URL built from the Host header, which the client chooses, and Shopify counts a
    redirect as a failed delivery. Paths under /media/ are left as they are, because their links are signed.
    """

    def __init__(self, app: ASGIApp):
        self._next = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope.get("path", "")
        if len(path) > 1 and path.endswith("/") and not path.startswith("/media/"):
            scope["path"] = path[:-1]
        await self._next(scope, receive, send)


class RequestContext:
    """Gives each request an ID and default headers, and logs its method, path and status.

    The query is never logged, because it contains signatures and tokens.
    """

    def __init__(self, app: ASGIApp):
        self._next = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._next(scope, receive, send)
            return
        app: App = scope["app"].state.app
        request_id, started = new_id(), time.perf_counter()
        scope.setdefault("state", {})["request_id"] = request_id
        status = 0

        async def send_with_headers(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                headers["X-Request-Id"] = request_id
                for name, value in SAFE_HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        with log.context(request_id=request_id):
            try:
                await self._next(scope, receive, send_with_headers)
            except ClientDisconnect:
                app.log.info("client_left")
            except Exception as fault:  # noqa: BLE001  # the request boundary: a server would log the exception's message
                app.log.error("request_crashed", fault)
                if status == 0:
                    await errors.answer(Request(scope), AppError())(scope, receive, send_with_headers)
            finally:
                took_s = time.perf_counter() - started
                scope["app"].state.requests.count(scope, status, took_s)
                took_ms = round(took_s * 1000, 1)
                about = {"method": scope["method"], "path": scope["path"], "status": status, "ms": took_ms}
                app.log.info("request", **about, shop=scope["state"].get("shop", ""))
