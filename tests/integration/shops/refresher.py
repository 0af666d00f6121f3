"""One process of several that want the same shop's token: `python -m tests.integration.shops.refresher SHOP AT TIMES`.

Its clock stands at AT. It says when it is ready, waits for a line, asks TIMES times at once, and prints what it got:
JSON, a list of access tokens and codes of faults.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from datetime import datetime

from app import shops
from app.core.app import App
from app.core.errors import AppError
from app.core.settings import Settings
from app.wiring import build
from tests.apps import close
from tests.fakes.ports import SetClock


async def got(app: App, shop_id: str) -> str:
    try:
        return (await shops.access_token(app, shop_id)).access
    except AppError as fault:
        return fault.code


async def run(shop_id: str, at: str, times: int) -> None:
    app = build(Settings.load(os.environ), clock=SetClock(datetime.fromisoformat(at)))
    await shops.active_shop(app.db, shop_id)
    print("ready", flush=True)
    await asyncio.to_thread(sys.stdin.readline)
    print(json.dumps(await asyncio.gather(*[got(app, shop_id) for _ in range(times)])), flush=True)
    await close(app)


if __name__ == "__main__":
    asyncio.run(run(sys.argv[1], sys.argv[2], int(sys.argv[3])))
