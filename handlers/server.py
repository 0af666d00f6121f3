"""One process: the ASGI application `handlers.server:app`, with the job loop beside it.

The loop starts with the server's lifespan, which only this runtime has: the routes
themselves need none, so that they run on Workers and Lambda as they are.
"""

from __future__ import annotations

import asyncio
import os
from contextlib import suppress

from starlette.types import ASGIApp, Receive, Scope, Send

from app.core.app import App
from app.core.settings import Settings
from app.wiring import build
from handlers.jobs import KINDS, PROMPT_KINDS, loop, upkeep
from handlers.routes import create, load_all


class Server:
    """Answers HTTP by the routes, and runs jobs from start-up to shutdown."""

    def __init__(self, app: App):
        load_all()
        self._app = app
        self._routes: ASGIApp = create(app)
        self._loops: list[asyncio.Task[None]] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._lifespan(receive, send)
        else:
            await self._routes(scope, receive, send)

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        await receive()
        work = [loop(self._app, KINDS), loop(self._app, PROMPT_KINDS), upkeep(self._app)]
        self._loops = [asyncio.create_task(each) for each in work]
        await send({"type": "lifespan.startup.complete"})
        await receive()
        for task in self._loops:
            task.cancel()
        for task in self._loops:
            with suppress(asyncio.CancelledError):
                await task
        await send({"type": "lifespan.shutdown.complete"})


def __getattr__(name: str) -> Server:
    """`app` is built when it is asked for: importing this module needs no settings."""
    if name != "app":
        raise AttributeError(name)
    server = Server(build(Settings.load(os.environ)))
    globals()["app"] = server
    return server
