"""The floor of a worker's start: the SDK alone, and an answer."""

from __future__ import annotations

from typing import Any

from workers import Response, WorkerEntrypoint


class Default(WorkerEntrypoint):  # type: ignore[misc]  # its types are only there in a worker
    async def fetch(self, request: Any) -> Any:
        return Response("ok")
