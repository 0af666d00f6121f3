"""Comparisons of our imaging with npm `sharp`, in alternating processes. The results are medians over the rounds."""

from __future__ import annotations

import json
import os
import shutil
import statistics
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.rows import Row

PEER = Path(__file__).parent / "node" / "sharp"
TURNS = 2


@dataclass(frozen=True)
class Work:
    """A task, the file that it reads, and the number of rounds in a process.

    The first of several rounds warms up and is not counted. `one_core` restricts the process to one core.
    """

    task: str
    source: Path
    rounds: int
    logo: Path | None = None
    one_core: bool = False

    @property
    def out(self) -> Path:
        """The file that the last round wrote."""
        return self.source.with_suffix(".out")


@dataclass(frozen=True)
class Cost:
    seconds: float
    peak_mb: float
    grown_mb: float
    engine: str


def compare(name: str, ours: Work, theirs: Work) -> list[Row]:
    """Rows for seconds, peak memory, and the growth of the process after a first, tiny picture."""
    turns = [(_ours(ours), by_sharp(theirs)) for _ in range(TURNS)]
    mine, peers = [mine for mine, _ in turns], [peer for _, peer in turns if peer]
    note = f"{mine[0].engine}; peer: sharp" if peers else f"{mine[0].engine}; no peer: npm is not installed"
    return [
        _row(name, [each.seconds for each in mine], [each.seconds for each in peers], "s", note),
        _row(f"{name}, peak memory", [each.peak_mb for each in mine], [each.peak_mb for each in peers], "MB", note),
        _row(f"{name}, growth", [each.grown_mb for each in mine], [each.grown_mb for each in peers], "MB", note),
    ]


def compare_subprocess(name: str, subprocess_work: Work, thread_work: Work) -> list[Row]:
    """A row for the seconds of our own work in a decoder process, compared with a thread."""
    turns = [(_ours(subprocess_work), _ours(thread_work)) for _ in range(TURNS)]
    mine, peers = [mine.seconds for mine, _ in turns], [peer.seconds for _, peer in turns]
    return [_row(name, mine, peers, "s", f"{turns[0][0].engine}; peer: the same work in a thread")]


def by_sharp(work: Work) -> Cost | None:
    """The cost of the work in sharp, or None if node or npm is not installed."""
    node = _peer()
    return _measure([node, str(PEER / "run.mjs")], work) if node else None


def _ours(work: Work) -> Cost:
    return _measure([sys.executable, "-m", "bench.imaging"], work)


def _measure(program: list[str], work: Work) -> Cost:
    arguments = [work.task, str(work.source), str(work.out), str(work.rounds), *([str(work.logo)] if work.logo else [])]
    cores = os.sched_getaffinity(0)
    try:
        os.sched_setaffinity(
            0, {min(cores)} if work.one_core else cores
        )  # the program inherits the affinity of this process
        done = subprocess.run([*program, *arguments], stdout=subprocess.PIPE, check=True)
    finally:
        os.sched_setaffinity(0, cores)
    report = json.loads(done.stdout)
    seconds = report["seconds"][1:] or report["seconds"]
    return Cost(statistics.median(seconds), report["peak_mb"], report["grown_mb"], report.get("engine", "sharp"))


def _peer() -> str | None:
    node = shutil.which("node")
    if node is None or shutil.which("npm") is None:
        return None
    if not (PEER / "node_modules").exists():
        command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
        subprocess.run(command, cwd=PEER, check=True)
    return node


def _row(name: str, ours: Sequence[float], theirs: Sequence[float], unit: str, note: str) -> Row:
    mine = statistics.median(ours)
    peer = statistics.median(theirs) if theirs else None
    ratio = round(peer / mine, 2) if peer else None
    return Row(name, round(mine, 3), round(peer, 3) if peer else None, unit, ratio, note)
