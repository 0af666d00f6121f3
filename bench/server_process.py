"""The SQLite set-up with its server in a process of its own, as it is deployed.

In the benchmark's process, client and server would compete for one interpreter.
"""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.servers import serving
from bench.starts import python
from tests.ports import free_port
from tests.setups import SetUp
from tests.setups.base import neighbours
from tests.setups.one_process import OneProcess


@contextmanager
def sqlite_server(folder: Path) -> Iterator[SetUp]:
    """Run the set-up, with its database and files in `folder`, until the block ends."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    with neighbours(url) as beside, socket.socket() as unused:
        setup = OneProcess(url, beside, folder, unused)
        setup.fill()
        with setup.http, serving(_command, setup.environ, port):
            yield setup


def _command(port: int) -> list[str]:
    return python("uvicorn", "handlers.server:app", "--port", str(port), "--log-level", "warning", "--no-access-log")
