"""Servers and job runners that are killed again and again, and started anew, as a machine's supervisor does.

python -m tests.integration.processes.supervisor SEED RUNNERS PORT…: a server on each port. SIGUSR1 ends the killing;
SIGTERM ends the processes, and prints what was killed as JSON.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sys
import time
import traceback
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import uvicorn

from app.core.app import App
from app.wiring import build
from handlers import cli, server
from handlers.cli import jobs as jobs_command
from handlers.routes import load_all
from tests import soak
from tests.integration.processes.effects import Effects

MOMENTS = (10, 160)
"""A process dies at a moment of this number, at random."""
BETWEEN_S = (0.3, 1.5)
"""Besides, one of them is killed after so many seconds, wherever it is."""
MOST_DEATHS = soak.size(150, 24)
"""On a busy machine, where starts take long, more leave no time to work, and a job that died nine times is given up."""
TICK_S = 0.02


@dataclass
class Supervisor:
    """`works` are what the processes do; `deaths` counts the moments of those that were killed."""

    dice: random.Random
    works: list[Callable[[Effects], None]]
    running: dict[int, Callable[[Effects], None]] = field(default_factory=dict)
    deaths: Counter[str] = field(default_factory=Counter)
    kills: bool = True
    ends: bool = False

    def run(self) -> None:
        signal.signal(signal.SIGUSR1, lambda *_: setattr(self, "kills", False))
        signal.signal(signal.SIGTERM, lambda *_: setattr(self, "ends", True))
        self._reading, self._writing = os.pipe()
        os.set_blocking(self._reading, False)
        for work in self.works:
            self._start(work)
        self._watch()
        for process in self.running:
            os.kill(process, signal.SIGTERM)
        for process in self.running:
            os.waitpid(process, 0)

    def _watch(self) -> None:
        next_kill = time.monotonic() + self.dice.uniform(*BETWEEN_S)
        while not self.ends:
            time.sleep(TICK_S)
            if self._kills_on and time.monotonic() >= next_kill:
                self._kill(self.dice.choice(list(self.running)))
                next_kill = time.monotonic() + self.dice.uniform(*BETWEEN_S)
            self._bury()

    @property
    def _kills_on(self) -> bool:
        return self.kills and self.deaths.total() < MOST_DEATHS

    def _kill(self, process: int) -> None:
        os.kill(process, signal.SIGKILL)
        self.deaths["anywhere"] += 1

    def _bury(self) -> None:
        """Start anew what has died. One that ended otherwise is a fault."""
        process, status = os.waitpid(-1, os.WNOHANG)
        while process:
            if os.waitstatus_to_exitcode(status) != -signal.SIGKILL:
                self.deaths["of its own"] += 1
            self._start(self.running.pop(process))
            process, status = os.waitpid(-1, os.WNOHANG)
        self._count()

    def _count(self) -> None:
        try:
            told = os.read(self._reading, 65536).decode()
        except BlockingIOError:
            return
        self.deaths.update(told.splitlines())

    def _start(self, work: Callable[[Effects], None]) -> None:
        dies_at = self.dice.randint(*MOMENTS) if self._kills_on else None
        process = os.fork()
        if process == 0:
            for number in (signal.SIGTERM, signal.SIGUSR1):
                signal.signal(number, signal.SIG_DFL)
            _in_child(work, Effects(self._tell, dies_at))
        self.running[process] = work

    def _tell(self, moment: str) -> None:
        if moment.startswith("died "):
            os.write(self._writing, f"{moment}\n".encode())


def serve(port: int, effects: Effects) -> None:
    """As `uvicorn handlers.server:app`."""
    server.build = _watched(effects)
    uvicorn.run("handlers.server:app", port=port, log_level="warning")


def run_jobs(effects: Effects) -> None:
    """As `artify jobs run`."""
    jobs_command.build = _watched(effects)
    cli.main(["jobs", "run"])


def _watched(effects: Effects) -> Callable[..., App]:
    return lambda *arguments, **options: effects.watch(build(*arguments, **options))


def _in_child(work: Callable[[Effects], None], effects: Effects) -> None:
    try:
        work(effects)
        os._exit(0)
    except SystemExit as end:
        os._exit(int(end.code or 0))
    except BaseException:  # noqa: BLE001  # a child must never go on as its parent
        traceback.print_exc()
        os._exit(1)


def main(seed: int, runners: int, ports: list[int]) -> None:
    load_all()
    servers: list[Any] = [lambda effects, port=port: serve(port, effects) for port in ports]
    supervisor = Supervisor(random.Random(seed), [*servers, *[run_jobs] * runners])
    supervisor.run()
    print(json.dumps(supervisor.deaths), flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), [int(port) for port in sys.argv[3:]])
