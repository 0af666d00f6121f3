"""One process of several that want the same shop's token: `python -m tests.integration.shops.refresher SHOP TIMES`.

It serves one test after another, because starting takes longer than a test. For each, it reads the app's environment as
a line of JSON, answers "ready", waits for a line, asks TIMES times at once, and prints what it got: JSON, a list of
access tokens and codes of faults. It ends with its input.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Mapping

from app import shops
from app.core.app import App
from app.core.errors import AppError
from app.core.settings import Settings
from app.wiring import build
from tests.apps import close


async def got(app: App, shop_id: str) -> str:
    try:
        return (await shops.access_token(app, shop_id)).access
    except AppError as fault:
        return fault.code


async def run(shop_id: str, times: int, environ: Mapping[str, str]) -> None:
    app = build(Settings.load(environ))
    await shops.active_shop(app.db, shop_id)
    print("ready", flush=True)
    await asyncio.to_thread(sys.stdin.readline)
    print(json.dumps(await asyncio.gather(*[got(app, shop_id) for _ in range(times)])), flush=True)
    await close(app)


if __name__ == "__main__":
    for line in sys.stdin:
        asyncio.run(run(sys.argv[1], int(sys.argv[2]), json.loads(line)))
