"""One webhook in a process that has done nothing before.

python -m tests.integration.cold_webhook SETTINGS TOPIC: settings as JSON. What came of it is printed as JSON.
"""

from __future__ import annotations

import asyncio
import io
import json
import sys
from typing import Any

import httpx

from app.core.log import Log
from app.core.settings import Settings
from app.wiring import build, close
from handlers.routes import create
from tests.integration import webhooks

PAYLOADS = {"app/uninstalled": webhooks.left(), "orders/paid": webhooks.order(webhooks.line("nothing"))}


async def delivered(settings: dict[str, str], topic: str) -> dict[str, Any]:
    """The answer's status, and the packages of the app that were imported."""
    app = build(Settings.load(settings), log=Log(io.StringIO()))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(create(app)), base_url="http://app") as http:
        answer = await webhooks.deliver(http, PAYLOADS[topic], topic=topic)
    await close(app)
    packages = {".".join(name.split(".")[:2]) for name in sys.modules if name.startswith("app.")}
    return {"status": answer.status_code, "packages": sorted(packages)}


if __name__ == "__main__":
    print(json.dumps(asyncio.run(delivered(json.loads(sys.argv[1]), sys.argv[2]))))
