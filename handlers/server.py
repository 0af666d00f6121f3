"""The single-process server: the ASGI application `handlers.server:app`, which also runs the job loops.

The loops start and stop with the server's lifespan, which only this runtime has. The routes need no lifespan, so they
run unchanged on Cloudflare Workers and Lambda.
"""

from __future__ import annotations

import logging
import os

from starlette.types import ASGIApp, Receive, Scope, Send

from app.core.app import App
from app.core.settings import Settings
from app.wiring import build
from handlers.http.slow_bodies import SlowBodyLimit
from handlers.jobs import LOOPS
from handlers.routes import create, load_all
from handlers.runtimes.loops import Loops

UVICORN = {
    "http": "h11",  # h11 refuses headers over 64 KB; httptools is a little faster but buffers them without limit
    "limit_concurrency": 900,  # further connections get 503; many systems limit a process to 1,024 open files
    "timeout_keep_alive": 75,  # seconds; longer than proxies keep idle connections, so that they reuse no closed one
    "timeout_graceful_shutdown": 5,  # seconds
}
"""Uvicorn's settings: https://www.uvicorn.org/settings/. Dockerfile and docs/deploy-server.md repeat them."""


class Server:
    """Answers HTTP requests, and runs jobs from start-up to shutdown."""

    def __init__(self, app: App):
        load_all()
        # The access log contains query strings, which contain tokens. RequestContext logs requests without them.
        logging.getLogger("uvicorn.access").disabled = True
        self._app = app
        self._routes: ASGIApp = SlowBodyLimit(create(app))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._lifespan(receive, send)
        else:
            await self._routes(scope, receive, send)

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        await receive()
        loops = Loops(self._app, *LOOPS)
        loops.start()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await loops.stop()
        await send({"type": "lifespan.shutdown.complete"})


def __getattr__(name: str) -> Server:
    """Build `app` on first access, so that importing this module needs no settings."""
    if name != "app":
        raise AttributeError(name)
    server = Server(build(Settings.load(os.environ)))
    globals()["app"] = server
    return server
