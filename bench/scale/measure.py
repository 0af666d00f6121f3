"""Runs the use cases on a filled database: once to record their statements, then repeatedly to time them."""

from __future__ import annotations

import math
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from bench.scale.site import Site
from bench.scale.use_cases.model import Part, UseCase

RUNS = 20
BUDGET_S = 1.5
"""The time after which a use case is not repeated again, with its preparations."""
NO_ROWS = "the shop has no such rows"


@dataclass(frozen=True)
class Timing:
    """The times of a use case in milliseconds. Without any, `note` says why.

    `cpu_ms` is the median of this process's own processor time, which other programs on the machine do not lengthen: it
    includes SQLite, but not PostgreSQL. `longest_write_ms` is the longest transaction that wrote.
    """

    use_case: str
    part: Part
    shop: str
    runs: int
    p50_ms: float | None
    p95_ms: float | None
    cpu_ms: float | None
    longest_write_ms: float | None
    note: str = ""


async def median_shop(site: Site) -> str:
    """The shop with the median number of designs."""
    found = await site.rows("SELECT shop_id FROM generations GROUP BY shop_id ORDER BY count(*), shop_id")
    return str(found[len(found) // 2]["shop_id"])


async def record(site: Site, use_cases: Iterable[UseCase]) -> None:
    """Run each use case once, and record its statements under its name."""
    for use_case in use_cases:
        prepared = await use_case.prepare(site)
        site.recorder.use_case = use_case.name
        try:
            await use_case.run(site, prepared)
        finally:
            site.recorder.use_case = None
        await use_case.check(site, prepared)


async def time_all(site: Site, shops: Mapping[str, str], use_cases: Sequence[UseCase]) -> list[Timing]:
    """Time each use case for each of the named shops."""
    found = []
    for use_case in use_cases:
        for name, shop in shops.items():
            if name != next(iter(shops)) and use_case.of_all_shops:
                continue
            found.append(await _time(site.of_shop(shop), use_case, "all" if use_case.of_all_shops else name))
    return found


async def _time(site: Site, use_case: UseCase, shop: str) -> Timing:
    times: list[float] = []
    cpu_times: list[float] = []
    until = time.perf_counter() + BUDGET_S
    most = 1 if use_case.part is Part.DELETION else RUNS
    write_s = 0.0
    try:
        while len(times) < most and (not times or time.perf_counter() < until):
            prepared = await use_case.prepare(site)
            site.recorder.longest_write_s = 0.0
            started, cpu_started = time.perf_counter(), time.process_time()
            await use_case.run(site, prepared)
            cpu_times.append(time.process_time() - cpu_started)
            times.append(time.perf_counter() - started)
            write_s = max(write_s, site.recorder.longest_write_s)
            await use_case.check(site, prepared)
    except LookupError:
        if not times:
            return Timing(use_case.name, use_case.part, shop, 0, None, None, None, None, NO_ROWS)
    p50, p95 = _percentile(times, 0.5), _percentile(times, 0.95)
    cpu, write = _percentile(cpu_times, 0.5), round(write_s * 1000, 2)
    return Timing(use_case.name, use_case.part, shop, len(times), p50, p95, cpu, write)


def _percentile(seconds: list[float], share: float) -> float:
    """The smallest of the times that at least this share does not exceed, in milliseconds."""
    ordered = sorted(seconds)
    return round(ordered[max(0, math.ceil(len(ordered) * share) - 1)] * 1000, 2)
