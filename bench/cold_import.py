"""The time of imports in a cold start: the routes, and the code of a webhook, compared with their dependencies."""

from __future__ import annotations

import statistics
import subprocess
import sys

from bench.rows import Row

PROCESSES = 9
FLOOR = "starlette.applications, starlette.routing, starlette.responses"
CASES = {
    "cold import of handlers.routes": ("handlers.routes", FLOOR, "floor: starlette; target: 250 ms"),
    "cold import, with a webhook's code": (
        "handlers.routes, handlers.webhooks",
        f"{FLOOR}, sqlalchemy",
        "floor: starlette and sqlalchemy",
    ),
}
_TIMED = "import time; start = time.perf_counter(); import {0}; print(time.perf_counter() - start)"


def run() -> list[Row]:
    """Medians over new processes that alternate between ours and the floor, with bytecode that is already compiled."""
    return [_row(name, *case) for name, case in CASES.items()]


def _row(name: str, modules: str, floor: str, note: str) -> Row:
    turns = [(_milliseconds(modules), _milliseconds(floor)) for _ in range(PROCESSES + 1)][1:]
    ours, least = (statistics.median(times) for times in zip(*turns, strict=True))
    return Row(name, round(ours), round(least), "ms", round(least / ours, 2), note)


def _milliseconds(modules: str) -> float:
    done = subprocess.run([sys.executable, "-c", _TIMED.format(modules)], stdout=subprocess.PIPE, check=True)
    return float(done.stdout) * 1000
