"""The Cloudflare worker: HTTP, queue and cron. wrangler.toml names this module, and no other imports it."""

from __future__ import annotations

from functools import cache
from typing import Any

from starlette.applications import Starlette
from workers import Request, WorkerEntrypoint

from app import jobs
from app.core.app import App
from app.wiring_worker import build_worker
from handlers import asgi_worker
from handlers.jobs import KINDS
from handlers.routes import create


@cache
def _routes() -> Starlette:
    """Built with the first request: before it, a worker has no random numbers."""
    from workers import env

    return create(build_worker(env._env))


def _app() -> App:
    app: App = _routes().state.app
    return app


class Default(WorkerEntrypoint):  # type: ignore[misc]  # its types are only there in a worker
    """What Cloudflare calls."""

    async def fetch(self, request: Request) -> Any:
        return await asgi_worker.answer(_routes(), request.js_object if isinstance(request, Request) else request)

    async def queue(self, batch: Any, env: Any, ctx: Any) -> None:
        """Each message is a job's id. A message is done when it was read: the row says what is left to do."""
        for message in batch.messages:
            await jobs.run_one(_app(), KINDS, message.body)

    async def scheduled(self, controller: Any, env: Any, ctx: Any) -> None:
        """Hint again what is due: hints get lost, and retries wait for their time."""
        await jobs.rehint(_app())
