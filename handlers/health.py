"""Is the app well? Asked by load balancers, so the answer is kept for some seconds."""

from __future__ import annotations

import time

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from app import __version__, shops
from app.core.app import App
from app.core.errors import AppError
from app.core.ports import WaitsForHints

KEPT_S = 5.0


async def healthz(request: Request) -> Response:
    state = request.app.state
    kept: tuple[float, dict[str, str]] | None = getattr(state, "health", None)
    if kept is None or kept[0] < time.monotonic():
        kept = (time.monotonic() + KEPT_S, await _look(state.app))
        state.health = kept
    return JSONResponse(kept[1], 200 if kept[1]["status"] == "ok" else 503)


async def _look(app: App) -> dict[str, str]:
    database, files = await _database(app), await _files(app)
    # The embedded queue is the database. A queue of messages carries hints alone: without it jobs are late, not lost.
    queue = database if isinstance(app.queue, WaitsForHints) else "not asked"
    status = "ok" if database == files == "ok" else "failing"
    return {"status": status, "database": database, "files": files, "queue": queue, "version": __version__}


async def _database(app: App) -> str:
    try:
        await shops.active_shop(app.db, "healthz")
    except AppError as fault:
        return fault.code
    return "ok"


async def _files(app: App) -> str:
    try:
        await app.files.stat("healthz")
    except AppError as fault:
        return fault.code
    return "ok"
