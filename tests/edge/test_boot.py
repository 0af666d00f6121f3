"""A worker must have started within a second, by Cloudflare's rule; ours aims at half of that."""

from __future__ import annotations

import re
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from os import sysconf
from pathlib import Path

import httpx
import pytest

from tests import apps
from tests.edge import adapter_worker, workerd
from tests.sources import ROOT

MOST_MS = 500.0
YARDSTICK_MS = 1300.0
"""What the yardstick takes where the worker took 320 to 420 ms. Machines differ by half, also from day to day."""
TICK_MS = 1000 / sysconf("SC_CLK_TCK")
STARTS = 3
"""The fastest counts: one start of six was seen to take half as long again, for no reason of the worker's."""


@contextmanager
def shipped_worker(tmp_path: Path) -> Iterator[httpx.Client]:
    """The shipped worker, not yet imported."""
    source = tmp_path / "build" / "worker"
    for package in ("app", "handlers"):
        shutil.copytree(ROOT / package, source / package, ignore=adapter_worker.NOT_INSIDE)
    shutil.copy(Path(__file__).with_name("boot_worker.py"), source / "boot_worker.py")
    config = (ROOT / "wrangler.toml").read_text().replace("worker/handlers/worker.py", "worker/boot_worker.py")
    (tmp_path / "wrangler.toml").write_text(re.sub(r"^\[build\]\n(?:[^\[\n].*\n|\n)*", "", config, flags=re.M))
    for name in ("python_modules", "migrations"):
        (tmp_path / name).symlink_to(ROOT / name)
    settings = apps.environ(tmp_path) | {"AI_PROVIDER": "local"}
    with (
        workerd.serving(tmp_path, tmp_path / "state", settings, first="/ready") as url,
        httpx.Client(base_url=url, timeout=60, trust_env=False) as http,
    ):
        yield http


@pytest.mark.alone
def test_the_worker_is_imported_within_half_a_second(tmp_path: Path) -> None:
    """What Cloudflare runs before the first request, but for its own SDK: Starlette, httpx, SQLAlchemy's SQL, our
    wiring with its adapters, the routes. In processor time: others may be busy on these cores. Where imports of
    Python's own modules take longer than they do elsewhere, ours may too, by as much.
    """
    workerd.needed()
    took_ms = [import_ms(tmp_path / "1")]
    while min(took_ms) > MOST_MS and len(took_ms) < STARTS:
        took_ms.append(import_ms(tmp_path / str(len(took_ms) + 1)))
    assert 0 < min(took_ms) <= MOST_MS


def import_ms(folder: Path) -> float:
    """Processor time of one worker's import, as a machine of the usual speed would take it."""
    folder.mkdir()
    with shipped_worker(folder) as http:
        took = {path: timed(http, path) for path in ("/ready", "/import", "/yardstick", "/healthz", "/webhooks")}
    report = ", ".join(f"{path} {cpu:.0f} ms ({wall:.0f} by the clock)" for path, (cpu, wall) in took.items())
    slower = max(1.0, took["/yardstick"][0] / YARDSTICK_MS)
    print(f"processor time of workerd: {report}; this machine is slower by {slower:.2f}")
    return took["/import"][0] / slower


def timed(http: httpx.Client, path: str) -> tuple[float, float]:
    """Milliseconds of a request: of the processor, and by the clock."""
    port = int(http.base_url.port or 0)
    cpu, began = busy_ms(port), time.perf_counter()
    http.get(path)
    return busy_ms(port) - cpu, (time.perf_counter() - began) * 1000


def busy_ms(port: int) -> float:
    """Processor time of the workerds behind this port, all threads: one takes the calls, one runs the worker."""
    all_of_them = [(command, stat) for command, stat in processes() if b"workerd\0serve\0" in command]
    [session] = [stat[3] for command, stat in all_of_them if f"entry=127.0.0.1:{port}\0".encode() in command]
    return sum(int(stat[11]) + int(stat[12]) for _, stat in all_of_them if stat[3] == session) * TICK_MS


def processes() -> Iterator[tuple[bytes, list[str]]]:
    """Command lines, and what Linux tells in /proc/*/stat from the third field on."""
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # it has just ended
            yield (process / "cmdline").read_bytes(), (process / "stat").read_text().rpartition(")")[2].split()
