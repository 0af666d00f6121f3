"""Our imaging beside npm `sharp`, each in its own process, in turns; the median round counts."""

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
    """A task, the file it reads, and how many rounds a process does; the first one warms up where there are more.

    `one_core`: the whole process has to do with one of the machine's.
    """

    task: str
    source: Path
    rounds: int
    logo: Path | None = None
    one_core: bool = False

    @property
    def out(self) -> Path:
        """What the last round made."""
        return self.source.with_suffix(".out")


@dataclass(frozen=True)
class Cost:
    seconds: float
    peak_mb: float
    grown_mb: float
    engine: str


def compare(name: str, ours: Work, theirs: Work) -> list[Row]:
    """Rows of seconds, of peak memory, and of what the process grew by after its first, tiny picture."""
    turns = [(_ours(ours), by_sharp(theirs)) for _ in range(TURNS)]
    mine, peers = [mine for mine, _ in turns], [peer for _, peer in turns if peer]
    note = f"{mine[0].engine}; peer: sharp" if peers else f"{mine[0].engine}; no peer: npm is not installed"
    return [
        _row(name, [each.seconds for each in mine], [each.seconds for each in peers], "s", note),
        _row(f"{name}, peak memory", [each.peak_mb for each in mine], [each.peak_mb for each in peers], "MB", note),
        _row(f"{name}, growth", [each.grown_mb for each in mine], [each.grown_mb for each in peers], "MB", note),
    ]


def apart(name: str, apart: Work, here: Work) -> list[Row]:
    """A row of seconds: our own work in a decoder's process, and in a thread of this one."""
    turns = [(_ours(apart), _ours(here)) for _ in range(TURNS)]
    mine, peers = [mine.seconds for mine, _ in turns], [peer.seconds for _, peer in turns]
    return [_row(name, mine, peers, "s", f"{turns[0][0].engine}; peer: the same in a thread")]


def by_sharp(work: Work) -> Cost | None:
    """None without node or npm."""
    node = _peer()
    return _measured([node, str(PEER / "run.mjs")], work) if node else None


def _ours(work: Work) -> Cost:
    return _measured([sys.executable, "-m", "bench.imaging"], work)


def _measured(program: list[str], work: Work) -> Cost:
    arguments = [work.task, str(work.source), str(work.out), str(work.rounds), *([str(work.logo)] if work.logo else [])]
    cores = os.sched_getaffinity(0)
    try:
        os.sched_setaffinity(0, {min(cores)} if work.one_core else cores)  # the program has what this process has
        done = subprocess.run([*program, *arguments], stdout=subprocess.PIPE, check=True)
    finally:
        os.sched_setaffinity(0, cores)
    told = json.loads(done.stdout)
    seconds = told["seconds"][1:] or told["seconds"]
    return Cost(statistics.median(seconds), told["peak_mb"], told["grown_mb"], told.get("engine", "sharp"))


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
