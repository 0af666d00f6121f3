"""Imports the shipped worker when it is told to: a worker's clock stands still while it starts."""

from __future__ import annotations

from typing import Any

from workers import Response, WorkerEntrypoint


class Default(WorkerEntrypoint):  # type: ignore[misc]
    async def fetch(self, request: Any) -> Any:
        if request.url.endswith("/ready"):
            return Response("ready")
        from handlers.worker import Default as Shipped

        if request.url.endswith("/import"):
            return Response("imported")
        return await Shipped(self.ctx, self.env).fetch(request)
