"""The Cloudflare worker: HTTP, queue and cron. wrangler.toml names this module, and no other imports it.

A worker has a second to start, and importing SQLAlchemy alone takes longer: what loads it is imported with the first
event.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from starlette.applications import Starlette
from workers import Request, WorkerEntrypoint

from app.core.app import App
from handlers.routes import create
from handlers.runtimes import asgi_worker


@cache
def _routes() -> Starlette:
    """Built with the first request: before it, a worker has no random numbers."""
    from workers import env

    from app.wiring_worker import build_worker

    return create(build_worker(env._env))


def _app() -> App:
    app: App = _routes().state.app
    return app


class Default(WorkerEntrypoint):  # type: ignore[misc]  # its types are only there in a worker
    """What Cloudflare calls."""

    async def fetch(self, request: Request) -> Any:
        return await asgi_worker.answer(_routes(), request.js_object if isinstance(request, Request) else request)

    async def queue(self, batch: Any, env: Any, ctx: Any) -> None:
        """Each message is a job's id, and runs one due job. When none could be looked for, the message comes again, as
        wrangler.toml says."""
        from handlers.jobs import run_woken

        for message in batch.messages:
            if await run_woken(_app(), message.body):
                message.ack()
            else:
                message.retry()

    async def scheduled(self, controller: Any, env: Any, ctx: Any) -> None:
        """Wake what is due: wake-ups get lost, and retries wait for their time. Then sweep."""
        from handlers.jobs import resend_wake_ups, sweep

        await resend_wake_ups(_app())
        await sweep(_app())
