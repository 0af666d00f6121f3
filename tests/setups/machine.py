"""A machine: uvicorn as a process of its own, PostgreSQL, and S3 in SeaweedFS."""

from __future__ import annotations

import os
import sys
from collections.abc import Collection, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from subprocess import STDOUT
from typing import Any

from tests import postgres, processes
from tests.aws import servers
from tests.ports import free_port
from tests.setups.base import Neighbours, SetUp, neighbours
from tests.sources import ROOT


@contextmanager
def opened(folder: Path, **settings: str) -> Iterator[SetUp]:
    """The set-up, running; its output goes to a file in the folder. Skips where PostgreSQL or S3 is missing."""
    database, bucket = postgres.migrated(), servers.bucket()
    port = free_port()
    with neighbours(f"http://127.0.0.1:{port}") as beside:
        setup = Machine(beside, port, folder / "uvicorn.txt", database, bucket)
        setup.environ |= settings
        setup.fill()
        with setup.http, setup.running:
            setup.start()
            yield setup


class OnPostgres(SetUp):
    """What set-ups on PostgreSQL and S3 have in common."""

    dialect = "postgres"

    def __init__(self, url: str, beside: Neighbours, database: str, bucket: str):
        super().__init__(url, beside)
        self._database, self.bucket = database, bucket
        self.environ = {**beside.environ, "DATABASE_URL": database, "FILES_URL": servers.files_url(bucket)}

    def rows(self, sql: str, *values: Any) -> list[dict[str, Any]]:
        return postgres.rows(self._database, sql, *values)

    def execute(self, *statements: str) -> None:
        postgres.execute(self._database, ";\n".join(statements))

    def objects(self) -> Collection[str]:
        pages = servers.client("s3", servers.seaweedfs()).get_paginator("list_objects_v2").paginate(Bucket=self.bucket)
        return [each["Key"] for page in pages for each in page.get("Contents", [])]

    def stored(self, key: str) -> bytes:
        answer = servers.client("s3", servers.seaweedfs()).get_object(Bucket=self.bucket, Key=key)
        return bytes(answer["Body"].read())


class Machine(OnPostgres):
    name = "postgres"

    def __init__(self, beside: Neighbours, port: int, output: Path, database: str, bucket: str):
        super().__init__(f"http://127.0.0.1:{port}", beside, database, bucket)
        self._port, self._output, self.running = port, output, ExitStack()

    def start(self) -> None:
        self.running.enter_context(_served(self._port, self.environ, self._output))

    def cron(self) -> None:
        """A server sweeps as it starts, and every minute then. It needs no cron for its jobs."""
        if self.is_unswept():
            self.running.close()
            self.start()
            self.wait_until_swept()

    def log(self) -> str:
        return self._output.read_text(errors="replace")


@contextmanager
def _served(port: int, environ: dict[str, str], output: Path) -> Iterator[None]:
    command = [sys.executable, "-m", "uvicorn", "handlers.server:app", "--host", "127.0.0.1", "--port", str(port)]
    with output.open("ab") as target:
        env = os.environ | servers.ENVIRON | environ
        with processes.running(command, cwd=ROOT, env=env, stdout=target, stderr=STDOUT) as process:
            processes.wait_for_answer(process, f"http://127.0.0.1:{port}/healthz", output)
            yield
