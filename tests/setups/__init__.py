"""Four set-ups of the whole app, behind one interface: for the story, the browser and the benchmarks.

    with SETUPS["lambda"](folder) as setup:
        setup.send("GET", "/healthz")

Each has a simulated Shopify and a small Gemini beside it, and holds the demo's products; nobody has installed
the app yet. Each skips, with the reason, where this machine cannot run it (`pytest.skip.Exception`).
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

from tests.setups import aws, machine, one_process, worker
from tests.setups.base import SetUp

SETUPS: dict[str, Callable[[Path], AbstractContextManager[SetUp]]] = {
    "sqlite": one_process.opened,
    "postgres": machine.opened,
    "lambda": aws.opened,
    "worker": worker.opened,
}

__all__ = ["SETUPS", "SetUp"]
