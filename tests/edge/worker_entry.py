"""A worker of the tests': it lets them use the adapters that only run inside workerd."""

from __future__ import annotations

import json
from dataclasses import astuple
from typing import Any

import worker_app
import worker_images
from workers import Response, WorkerEntrypoint, env

from app.adapters.database.d1 import D1Fault
from app.adapters.database.d1_binding import run_on
from app.adapters.vault.webcrypto import WebCryptoVault
from app.core.errors import Unauthorized


class Default(WorkerEntrypoint):  # type: ignore[misc]
    async def fetch(self, request: Any) -> Any:
        if answer := await worker_app.answer(request):
            return answer
        if request.method != "POST":
            return Response("ready")
        if request.url.endswith("/images"):
            body = (await request.js_object.arrayBuffer()).to_bytes()
            return Response(await worker_images.answer(body))
        asked = await request.json()
        return Response(json.dumps(await (_seal_or_open(asked) if "work" in asked else _batch(asked["statements"]))))

    async def queue(self, batch: Any, env: Any, ctx: Any) -> None:
        worker_app.hear(batch)


async def _batch(statements: Any) -> dict[str, Any]:
    try:
        outcomes = await run_on(env._env.DB)(statements)
    except D1Fault as fault:
        return {"fault": str(fault)}
    return {"outcomes": [astuple(outcome) for outcome in outcomes]}


async def _seal_or_open(asked: Any) -> dict[str, Any]:
    vault = WebCryptoVault(*[bytes.fromhex(key) for key in asked["keys"]])
    try:
        return {"text": await getattr(vault, asked["work"])(asked["text"])}
    except Unauthorized as fault:
        return {"message": fault.message, "code": fault.code}
