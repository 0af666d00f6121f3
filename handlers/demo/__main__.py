"""`make demo`: the app and the simulated shop on this machine. It needs no account and no network."""

from __future__ import annotations

import asyncio
import base64
import json
import os
import secrets
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

from app import catalog, shops
from app.core.app import App
from app.core.log import Log
from app.core.settings import Settings
from app.wiring import build, migrate
from handlers.demo import shop as demo_shop
from handlers.server import UVICORN, Server

VAR = Path("var/demo")
API_KEY = "artify-demo-key"
NEW_SHOP = "print-corner.myshopify.com"
"""The simulated shop in which nothing is installed or set up yet."""


def main() -> int:
    """Serve until Ctrl-C."""
    os.umask(0o077)  # only this user may read what the demo and the simulated shop write
    signal.signal(
        signal.SIGTERM, lambda *_: sys.exit(0)
    )  # raises SystemExit, so that the shop's process is stopped as well
    environ = _environ()
    shop = subprocess.Popen([sys.executable, "-m", "devstore"], env=os.environ | environ)
    try:
        asyncio.run(_serve(Settings.load(environ), environ))
    except KeyboardInterrupt:
        pass
    finally:
        shop.terminate()
        shop.wait()
    return 0


async def prepare(app: App) -> None:
    """Migrate the database, and seed the demo shop on the first run."""
    migrate(app.settings.database_url)
    await shops.expect_install(app, demo_shop.SHOP)
    if not await catalog.count_enabled_products(app.db, demo_shop.SHOP):
        await demo_shop.seed(app, examples=True)


async def _serve(settings: Settings, environ: dict[str, str]) -> None:
    import uvicorn

    log = VAR / "app.log"
    with log.open("a") as stream:
        app = build(settings, log=Log(stream))
        await prepare(app)
        print(_welcome(settings, environ, log), flush=True)
        options: dict[str, Any] = {"host": "127.0.0.1", "port": int(environ["PORT"]), "log_level": "warning"}
        config = uvicorn.Config(Server(app), **options | UVICORN)
        await uvicorn.Server(config).serve()


def _welcome(settings: Settings, environ: dict[str, str], log: Path) -> str:
    shop = environ["DEVSTORE_URL"]
    return "\n".join(
        [
            "",
            f"  The simulated shop   {shop}",
            f"  Merchant's admin     {shop}/{demo_shop.SHOP}/admin/apps/artify",
            f"  Product page         {shop}/{demo_shop.SHOP}/products/photo-poster",
            f"  A shop to set up     {shop}/{NEW_SHOP}/admin/apps/artify",
            f"  The app itself       {settings.app_url}",
            "",
            f"  Logs are written to {log}. Press Ctrl-C to stop.",
            "",
        ]
    )


def _environ() -> dict[str, str]:
    port, shop_port = os.environ.get("PORT", "8000"), os.environ.get("DEVSTORE_PORT", "8001")
    VAR.mkdir(parents=True, exist_ok=True)
    VAR.chmod(0o700)  # also for a folder from an earlier version, which other users could read
    return {
        **_keys(),
        "PORT": port,
        "APP_URL": f"http://127.0.0.1:{port}",
        "DEVSTORE_PORT": shop_port,
        "DEVSTORE_URL": f"http://127.0.0.1:{shop_port}",
        "DEVSTORE_DB": str(VAR / "devstore.db"),
        "SHOPIFY_BASE_URL": f"http://127.0.0.1:{shop_port}",
        "SHOPIFY_API_KEY": API_KEY,
        "DATABASE_URL": f"sqlite:///{VAR / 'artify.db'}",
        "FILES_URL": f"file:{VAR / 'files'}",
        "MAIL_URL": f"file:{VAR / 'mail'}",
        "MAIL_FROM": "Artify <artify@example.com>",
    }


def _keys() -> dict[str, str]:
    """The secrets of this demo. They are generated once and kept, because they decrypt the tokens in its database."""
    path = VAR / "keys.json"
    if not path.exists():
        random: dict[str, Any] = {
            name: base64.b64encode(secrets.token_bytes(32)).decode() for name in ("TOKEN_KEY", "LINK_KEY")
        }
        path.write_text(json.dumps({**random, "SHOPIFY_API_SECRET": secrets.token_hex(16)}))
    keys: dict[str, str] = json.loads(path.read_text())
    return keys


if __name__ == "__main__":
    sys.exit(main())
