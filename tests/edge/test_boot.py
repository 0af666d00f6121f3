"""A worker must start within a second, by Cloudflare's rule; ours aims at half of that. And what it refuses then."""

from __future__ import annotations

import asyncio
import re
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from os import sysconf
from pathlib import Path

import httpx
import pytest

from tests.edge import adapter_worker, workerd
from tests.edge.conftest import Edge, deployed, offers
from tests.edge.test_first_way import ENDED
from tests.integration.merchant import Merchant
from tests.integration.servers import SHOP
from tests.integration.storefront import Storefront
from tests.sources import ROOT

MOST_MS = 500.0
YARDSTICK_MS = 1300.0
"""What the yardstick takes where the worker took 320 to 420 ms. Machines differ by half, also from day to day."""
TICK_MS = 1000 / sysconf("SC_CLK_TCK")
STARTS = 3
"""The fastest counts: one start of six was seen to take half as long again, for no reason of the worker's."""


@contextmanager
def shipped_worker(folder: Path, rows: str) -> Iterator[Edge]:
    """The shipped worker, not yet imported, with a key for Gemini although the local model is chosen."""
    source = folder / "build" / "worker"
    for package in ("app", "handlers"):
        shutil.copytree(ROOT / package, source / package, ignore=adapter_worker.NOT_INSIDE)
    shutil.copy(Path(__file__).with_name("boot_worker.py"), source / "boot_worker.py")
    config = (ROOT / "wrangler.toml").read_text().replace("worker/handlers/worker.py", "worker/boot_worker.py")
    (folder / "wrangler.toml").write_text(re.sub(r"^\[build\]\n(?:[^\[\n].*\n|\n)*", "", config, flags=re.M))
    for name in ("python_modules", "migrations"):
        (folder / name).symlink_to(ROOT / name)
    with deployed(folder, rows, project=folder, first="/ready", AI_PROVIDER="local") as edge:
        yield edge


@pytest.fixture(scope="module")
def shipped(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Edge]:
    """A shipped worker, not yet imported."""
    workerd.needed()
    folder = tmp_path_factory.mktemp("shipped")
    with shipped_worker(folder, asyncio.run(offers(folder))) as edge:
        yield edge


def test_the_worker_answers_before_it_is_imported(shipped: Edge) -> None:
    """It also starts here, beside other tests: the next one keeps them waiting."""
    assert httpx.get(f"{shipped.url}/ready", timeout=60, trust_env=False).text == "ready"


@pytest.mark.alone
def test_the_worker_is_imported_within_half_a_second(shipped: Edge, tmp_path: Path) -> None:
    """What Cloudflare runs before the first request, except its own SDK: Starlette, httpx, SQLAlchemy's SQL, our
    wiring with its adapters, the routes. In processor time: others may be busy on these cores. Where imports of
    Python's own modules take longer than they do elsewhere, ours may too, by as much.
    """
    took_ms = [import_ms(shipped.url)]
    while min(took_ms) > MOST_MS and len(took_ms) < STARTS:
        (folder := tmp_path / str(len(took_ms))).mkdir()
        with shipped_worker(folder, "") as another:
            took_ms.append(import_ms(another.url))
    assert 0 < min(took_ms) <= MOST_MS


@pytest.mark.anyio
async def test_a_key_of_gemini_is_not_used_where_the_local_model_is_chosen(shipped: Edge) -> None:
    """A worker whose operator has chosen no model that runs there sends no photo anywhere."""
    async with httpx.AsyncClient(base_url=shipped.url, timeout=60, trust_env=False) as http:
        assert (await Merchant(http, SHOP).document()).status_code == 200
        preview = await Storefront(http).asked()
        [made] = await shipped.settled(ENDED, preview["id"])
    assert (made["status"], made["error_code"]) == ("failed", "no_image_model")


def import_ms(url: str) -> float:
    """Processor time of one worker's import, as a machine of the usual speed would take it."""
    with httpx.Client(base_url=url, timeout=60, trust_env=False) as http:
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
