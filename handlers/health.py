"""The health check. Load balancers poll it, so the answer is cached for some seconds and always arrives in time."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from app import __version__, shops
from app.core.app import App
from app.core.errors import AppError
from app.core.ports.connections import CanBeAsked
from app.core.ports.queue import WaitsForWakeUps
from handlers.http.ttl_cache import TtlCache

KEPT_S = 5.0
PATIENCE_S = 2.0
"""How long a component may take to answer. A load balancer that waits longer considers the whole app down."""


async def healthz(request: Request) -> Response:
    state = request.app.state
    if not hasattr(state, "health"):
        state.health = TtlCache(KEPT_S, lambda: look(state.app))
    health: dict[str, str] = await state.health.answer()
    return JSONResponse(health, 200 if health["status"] == "ok" else 503)


async def look(app: App) -> dict[str, str]:
    """The state of each component: `ok`, an error code, or `not asked`."""
    database, files, queue = await asyncio.gather(
        verdict(app, shops.active_shop(app.db, "healthz")), verdict(app, app.files.stat("healthz")), _queue(app)
    )
    if isinstance(app.queue, WaitsForWakeUps):  # the embedded queue is stored in the database
        queue = database
    well = database == files == "ok" and queue in ("ok", "not asked")
    status = "ok" if well else "failing"
    return {"status": status, "database": database, "files": files, "queue": queue, "version": __version__}


async def verdict(app: App, answer: Awaitable[object], patience_s: float = PATIENCE_S) -> str:
    """`ok` or the error's code; `no_answer` if nothing came back within `patience_s` seconds.

    A check that is out of time is cancelled but not awaited, because its cancellation may take long as well.
    """
    asked = asyncio.ensure_future(answer)
    await asyncio.wait([asked], timeout=patience_s)
    if not asked.done():
        asked.cancel()
        asked.add_done_callback(_heard)
        return "no_answer"
    fault = asked.exception()
    if isinstance(fault, AppError):
        return fault.code
    if fault:
        app.log.error("health_fault", fault)
        return AppError.code
    return "ok"


async def _queue(app: App) -> str:
    return await verdict(app, app.queue.ask()) if isinstance(app.queue, CanBeAsked) else "not asked"


def _heard(late: asyncio.Future[object]) -> None:
    """Retrieve the exception of a late check, so that asyncio does not log it as never retrieved."""
    if not late.cancelled():
        late.exception()
