"""What a cold start pays for imports: handlers.routes beside starlette and sqlalchemy alone, which it stands on."""

from __future__ import annotations

import statistics
import subprocess
import sys

from bench.rows import Row

PROCESSES = 9
_TIMED = "import time; start = time.perf_counter(); import {0}; print(time.perf_counter() - start)"


def run() -> list[Row]:
    """Medians of fresh processes, in turns, with the bytecode already compiled."""
    ours, floor = [], []
    for _ in range(PROCESSES + 1):
        ours.append(_milliseconds("handlers.routes"))
        floor.append(_milliseconds("starlette.applications, starlette.routing, starlette.responses, sqlalchemy"))
    mine, least = statistics.median(ours[1:]), statistics.median(floor[1:])
    note = "floor: starlette and sqlalchemy; aim: 250 ms"
    return [Row("cold import of handlers.routes", round(mine), round(least), "ms", round(least / mine, 2), note)]


def _milliseconds(modules: str) -> float:
    done = subprocess.run([sys.executable, "-c", _TIMED.format(modules)], stdout=subprocess.PIPE, check=True)
    return float(done.stdout) * 1000
