"""The demo as a stranger starts it: one command, two addresses, in a folder of its own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from tests import processes
from tests.ports import free_port

SHOP = "artify-demo.myshopify.com"
NEW_SHOP = "print-corner.myshopify.com"
START_S = 120


@dataclass(frozen=True)
class Demo:
    """Where the running demo is."""

    app_url: str
    shop_url: str
    folder: Path
    process: subprocess.Popen[bytes]
    shop: str = SHOP

    @property
    def store(self) -> str:
        return f"{self.shop_url}/{self.shop}"


@contextmanager
def running(folder: Path) -> Iterator[Demo]:
    """Serve until the block ends; its last words are in `demo.log` of the folder."""
    port, shop_port = free_port(), free_port()
    environ = os.environ | {"PORT": str(port), "DEVSTORE_PORT": str(shop_port)}
    with (folder / "demo.log").open("wb") as log:
        command = [sys.executable, "-m", "handlers.demo"]
        options = {"cwd": folder, "env": environ, "stdout": log, "stderr": subprocess.STDOUT}
        with processes.running(command, stop_signal=signal.SIGINT, **options) as process:
            demo = Demo(f"http://127.0.0.1:{port}", f"http://127.0.0.1:{shop_port}", folder, process)
            _wait(process, f"{demo.app_url}/healthz", folder)
            _wait(process, demo.shop_url, folder)
            yield demo


def _wait(process: subprocess.Popen[bytes], url: str, folder: Path) -> None:
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline and process.poll() is None:
        try:
            if httpx.get(url).status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.2)
    raise AssertionError((folder / "demo.log").read_text())
