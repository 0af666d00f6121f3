"""The Cloudflare worker: HTTP, queue and cron. wrangler.toml names this module, and no other module imports it.

A worker has one second to start, and importing SQLAlchemy alone takes longer. Modules that load it are therefore
imported with the first event.
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
    """The application, built with the first request: a worker has no random numbers before that."""
    from workers import env

    from app.wiring_worker import build_worker

    return create(build_worker(env._env))


def _app() -> App:
    app: App = _routes().state.app
    return app


class Default(WorkerEntrypoint):  # type: ignore[misc]  # its types exist only in a worker
    """The entry points that Cloudflare calls."""

    async def fetch(self, request: Request) -> Any:
        return await asgi_worker.answer(_routes(), request.js_object if isinstance(request, Request) else request)

    async def queue(self, batch: Any, env: Any, ctx: Any) -> None:
        """Run one due job for each message, whose body is a job id.

        A message is retried, as configured in wrangler.toml, if the jobs could not be read.
        """
        from handlers.jobs import run_woken

        for message in batch.messages:
            if await run_woken(_app(), message.body):
                message.ack()
            else:
                message.retry()

    async def scheduled(self, controller: Any, env: Any, ctx: Any) -> None:
        """Wake due jobs, because wake-ups get lost and retries become due later. Then sweep."""
        from handlers.jobs import resend_wake_ups, sweep

        await resend_wake_ups(_app())
        await sweep(_app())
