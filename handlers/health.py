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

CACHE_S = 5.0
TIMEOUT_S = 2.0
"""How long a component may take to answer. A load balancer that waits longer considers the whole app down."""


async def healthz(request: Request) -> Response:
    state = request.app.state
    if not hasattr(state, "health"):
        state.health = TtlCache(CACHE_S, lambda: check(state.app))
    health: dict[str, str] = await state.health.get()
    return JSONResponse(health, 200 if health["status"] == "ok" else 503)


async def check(app: App) -> dict[str, str]:
    """The state of each component: `ok`, an error code, or `not asked`."""
    database, files, queue = await asyncio.gather(
        verdict(app, shops.active_shop(app.db, "healthz")), verdict(app, app.files.stat("healthz")), _queue(app)
    )
    if isinstance(app.queue, WaitsForWakeUps):  # the embedded queue is stored in the database
        queue = database
    healthy = database == files == "ok" and queue in ("ok", "not asked")
    status = "ok" if healthy else "failing"
    return {"status": status, "database": database, "files": files, "queue": queue, "version": __version__}


async def verdict(app: App, answer: Awaitable[object], timeout_s: float = TIMEOUT_S) -> str:
    """`ok` or the error's code; `no_answer` if nothing came back within `timeout_s` seconds.

    A check that is out of time is cancelled but not awaited, because its cancellation may take long as well.
    """
    check_task = asyncio.ensure_future(answer)
    await asyncio.wait([check_task], timeout=timeout_s)
    if not check_task.done():
        check_task.cancel()
        check_task.add_done_callback(_retrieve_exception)
        return "no_answer"
    fault = check_task.exception()
    if isinstance(fault, AppError):
        return fault.code
    if fault:
        app.log.error("health_fault", fault)
        return AppError.code
    return "ok"


async def _queue(app: App) -> str:
    return await verdict(app, app.queue.ask()) if isinstance(app.queue, CanBeAsked) else "not asked"


def _retrieve_exception(task: asyncio.Future[object]) -> None:
    """Retrieve the exception of a late check, so that asyncio does not log it as never retrieved."""
    if not task.cancelled():
        task.exception()
