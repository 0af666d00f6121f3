"""A minimal Cloudflare worker that uses the SDK only: the floor for a worker's start."""

from __future__ import annotations

from typing import Any

from workers import Response, WorkerEntrypoint


class Default(WorkerEntrypoint):  # type: ignore[misc]  # its types exist only in a worker
    async def fetch(self, request: Any) -> Any:
        return Response("ok")
