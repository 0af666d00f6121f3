"""The report: the times at each scale, what grows, and the plans that say why."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bench.scale.explain import Finding
from bench.scale.measure import Timing
from bench.scale.use_cases import USE_CASES
from bench.scale.use_cases.model import Part

GROWS = 2.0
"""A use case grows if its p95 at the largest scale is more than this many times that of the smallest. On SQLite, its
processor time must grow as much, because other programs on the machine lengthen the p95."""
NOISE_MS = 2.0
"""Differences below this are not growth: they are smaller than those between two runs."""
PARTS = {each.name: each.part for each in USE_CASES}


@dataclass(frozen=True)
class Run:
    """The results on one database at one scale, with or without statistics."""

    database: str
    scale: float
    analyzed: bool
    timings: list[Timing]
    findings: list[Finding]


def text(runs: Sequence[Run]) -> str:
    """The report as text."""
    sections = []
    for database in dict.fromkeys(run.database for run in runs):
        for analyzed in (False, True):
            some = [run for run in runs if (run.database, run.analyzed) == (database, analyzed)]
            if not some:
                continue
            title = f"{database}, {'after' if analyzed else 'before'} ANALYZE"
            sections += [f"## {title}: p95 in ms (processor time of the app, median)", _times(some)]
            sections += [f"## {title}: reads that grow", _findings(some[-1])]
    return "\n\n".join(sections)


def is_bounded(finding: Finding) -> bool:
    """Whether a read must not grow: on a request's way, in a transaction that writes, or in a sweep without work."""
    part = PARTS[finding.use_case]
    return part is not Part.DELETION and (finding.in_write or part in (Part.REQUEST, Part.IDLE))


def _times(runs: Sequence[Run]) -> str:
    """A line for each use case and shop, those that grow first."""
    by_key = [{(each.use_case, each.shop): each for each in run.timings} for run in runs]
    lines = []
    for key in by_key[-1]:
        found = [timing for timing in (timings.get(key) for timings in by_key) if timing]
        growths = [_growth([each.p95_ms for each in found])]
        if runs[0].database == "sqlite":
            growths.append(_growth([each.cpu_ms for each in found]))
        grows = all(growth is not None and growth > GROWS for growth in growths)
        times = [_number(growth) for growth in growths]
        cells = [_cell(timings.get(key)) for timings in by_key]
        lines.append((*key, *cells, " / ".join(times), _number(found[-1].longest_write_ms), "grows" if grows else ""))
    lines.sort(key=lambda line: line[-1] != "grows")
    head = ("use case", "shop", *(f"{run.scale:.0%}" for run in runs), "times", "longest write", "")
    return _table([head, *lines])


def _growth(milliseconds: Sequence[float | None]) -> float | None:
    measured = [each for each in milliseconds if each is not None]
    if len(measured) < 2:
        return None
    first, last = max(measured[0], 0.01), measured[-1]
    return last / first if last - first > NOISE_MS else min(1.0, last / first)


def _number(number: float | None) -> str:
    return "–" if number is None else f"{number:.1f}"


def _cell(timing: Timing | None) -> str:
    if timing is None or timing.p95_ms is None:
        return "–"
    return f"{timing.p95_ms:.1f} ({timing.cpu_ms:.1f})"


def _findings(run: Run) -> str:
    found = {(each.use_case, str(each.growth), each.in_write) for each in run.findings if is_bounded(each)}
    if not found:
        return "none"
    lines = [(name, growth, "in a write" if in_write else "") for name, growth, in_write in sorted(found)]
    return _table(lines)


def _table(lines: Iterable[Sequence[str]]) -> str:
    rows = list(lines)
    widths = [max(len(line[column]) for line in rows) for column in range(len(rows[0]))]
    return "\n".join("  ".join(map(str.ljust, line, widths)).rstrip() for line in rows)
