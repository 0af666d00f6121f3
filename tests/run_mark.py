"""The mark that every process of a test run carries in its environment, and what finds and ends those that carry it.

A run within a run (pytest-xdist's workers, tests that start pytest) extends the mark of the outer one by a slash and a
name of its own, so that the outer run ends the inner one's processes too. Needs /proc: Linux.

python -m tests.run_mark PID MARK FOLDER: waits until process PID has ended, ends whatever carries MARK, removes FOLDER
with what the run kept there.
"""

from __future__ import annotations

import contextlib
import os
import select
import shutil
import signal
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

MARK = "ARTIFY_TEST_RUN"
RUN_FOLDER = "ARTIFY_TEST_FOLDER"
PROC = Path("/proc")
GRACE_S = 5.0
"""How long a process has for an orderly end."""
TICK_S = 0.05


@dataclass(frozen=True)
class Process:
    """A process by its id and the time it started: an id alone may belong to another process later."""

    pid: int
    started: str

    @property
    def is_alive(self) -> bool:
        return _living(self.pid) == self

    def signal(self, number: int) -> None:
        if self.is_alive:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, number)


def own_mark() -> str | None:
    """The mark of the run that this process belongs to."""
    return os.environ.get(MARK)


def carriers(mark: str) -> set[Process]:
    """The living processes that carry the mark, and all their descendants."""
    living = {pid: process for pid in _pids() if (process := _living(pid))}
    parents = {pid: int(stat[1]) for pid in living if (stat := _stat(pid))}
    found = {pid for pid in living if _carries(pid, mark)}
    while more := {pid for pid, parent in parents.items() if parent in found} - found:
        found |= more
    return {living[pid] for pid in found}


def processor_s(pid: int) -> float:
    """User and system time of a process and of those of its children that it has waited for; 0 if it has ended."""
    return sum(int(ticks) for ticks in _stat(pid)[11:15]) / os.sysconf("SC_CLK_TCK")


def end(mark: str, grace_s: float = GRACE_S) -> list[str]:
    """End every process that carries the mark, first by SIGTERM; the command lines of those that were found."""
    names: dict[Process, str] = {}
    for number in (signal.SIGTERM, signal.SIGKILL):
        until, signalled = time.monotonic() + grace_s, set[Process]()
        while left := {process for process in names.keys() | carriers(mark) if process.is_alive}:
            if time.monotonic() > until:
                break
            for process in left - signalled:
                names.setdefault(process, _command(process.pid))
                process.signal(number)
            signalled |= left
            time.sleep(TICK_S)
    return list(names.values())


def _pids() -> Iterator[int]:
    return (int(entry.name) for entry in PROC.iterdir() if entry.name.isdecimal())


def _carries(pid: int, mark: str) -> bool:
    try:
        environ = (PROC / str(pid) / "environ").read_bytes()
    except OSError:
        return False
    given = next((each for each in environ.split(b"\0") if each.startswith(f"{MARK}=".encode())), b"").decode()
    own = given.partition("=")[2]
    return own == mark or own.startswith(f"{mark}/")


def _living(pid: int) -> Process | None:
    stat = _stat(pid)
    return Process(pid, stat[19]) if stat and stat[0] not in "ZX" else None


def _stat(pid: int) -> list[str]:
    """What follows a process's name in /proc/PID/stat: its state, its parent's id, …; empty if it has ended."""
    try:
        return (PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []


def _command(pid: int) -> str:
    try:
        return (PROC / str(pid) / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
    except OSError:
        return ""


def _wait_for_end_of(pid: int) -> None:
    try:
        process = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    select.select([process], [], [])


def main(pid: int, mark: str, folder: str) -> None:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    _wait_for_end_of(pid)
    found = end(mark)
    shutil.rmtree(folder, ignore_errors=True)
    if found:
        named = sorted({command[:80] for command in found if command})
        print(
            f"\n{len(found)} processes that the test run left behind were ended:", *named, sep="\n  ", file=sys.stderr
        )


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2], sys.argv[3])
