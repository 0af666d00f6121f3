"""One process: the ASGI application `handlers.server:app`, with the job loops beside it.

The loops start and end with the server's lifespan, which only this runtime has: the routes
themselves need none, so that they run on Workers and Lambda as they are.
"""

from __future__ import annotations

import logging
import os

from starlette.types import ASGIApp, Receive, Scope, Send

from app.core.app import App
from app.core.settings import Settings
from app.wiring import build
from handlers.http.slow_bodies import Paced
from handlers.jobs import LOOPS
from handlers.routes import create, load_all
from handlers.runtimes.loops import Loops

UVICORN = {
    "http": "h11",  # it refuses headers of over 64 KB; httptools, a little faster, keeps whatever comes in memory
    "limit_concurrency": 900,  # more connections get 503 at once; systems often let a process open 1,024 files
    "timeout_keep_alive": 75,  # seconds; longer than proxies keep idle connections, or they would send into closed ones
    "timeout_graceful_shutdown": 5,  # seconds
}
"""How uvicorn is to run it: https://www.uvicorn.org/settings/. Dockerfile and docs/deploy-server.md say the same."""


class Server:
    """Answers HTTP by the routes, and runs jobs from start-up to shutdown."""

    def __init__(self, app: App):
        load_all()
        # Its lines hold queries, and those hold tokens; RequestContext logs each request without.
        logging.getLogger("uvicorn.access").disabled = True
        self._app = app
        self._routes: ASGIApp = Paced(create(app))

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
    """`app` is built when it is asked for: importing this module needs no settings."""
    if name != "app":
        raise AttributeError(name)
    server = Server(build(Settings.load(os.environ)))
    globals()["app"] = server
    return server
