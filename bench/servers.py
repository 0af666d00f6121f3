"""A server under test, which is started on a free port, measured for its CPU time, and stopped."""

from __future__ import annotations

import os
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.ports import free_port

START_SECONDS = 20.0


@dataclass(frozen=True)
class Server:
    port: int
    pid: int

    def cpu_seconds(self) -> float:
        """The user and system time of all threads so far, in seconds (Linux only)."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@contextmanager
def serving(
    command: Callable[[int], list[str]], environ: Mapping[str, str], port: int | None = None
) -> Iterator[Server]:
    """Run `command(port)` until the block ends, on a free port unless one is given.

    Raises RuntimeError if the server does not start.
    """
    port = port or free_port()
    process = subprocess.Popen(
        command(port), env={**os.environ, **environ}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        wait(process, port)
        yield Server(port, process.pid)
    finally:
        process.terminate()
        process.wait()


def wait(process: subprocess.Popen[bytes], port: int, *, seconds: float = START_SECONDS, every: float = 0.05) -> None:
    """Wait until the process accepts connections, trying every `every` seconds.

    Raises RuntimeError if it exits, or does not accept one within `seconds`.
    """
    end = time.monotonic() + seconds
    while time.monotonic() < end and process.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(every)
    raise RuntimeError("the server under test did not start")
