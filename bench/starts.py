"""The time from the start of a process to its first response, for a Lambda function or a server."""

from __future__ import annotations

import http.client
import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from tests.aws.runtime import http_event, started
from tests.ports import free_port
from tests.sources import ROOT

TIMEOUT_S = 20.0
COMPILED = {"PYTHONDONTWRITEBYTECODE": ""}
"""Lets the first start write bytecode for the later ones."""

Request = tuple[str, str, dict[str, str], bytes]
"""Method, path, headers and body."""


def function(command: Sequence[str], folder: Path, environ: Mapping[str, str], request: Request, status: int) -> float:
    """Start a Lambda function whose event is already waiting, and return the seconds until its response.

    Raises RuntimeError if the response has another status.
    """
    method, path, headers, body = request
    event = http_event(method, f"https://app.example.com{path}", headers, body)
    started_at = time.perf_counter()
    with started("cold", command, folder, {**environ, **COMPILED}) as invoke:
        answer = invoke(event)
        seconds = time.perf_counter() - started_at
    if answer["statusCode"] != status:
        raise RuntimeError(f"{command}: {answer}")
    return seconds


def server(command: Sequence[str], environ: Mapping[str, str], request: Request, status: int) -> float:
    """Start a server, and return the seconds until its response. The port is appended to the command.

    Raises RuntimeError if the response has another status.
    """
    port = free_port()
    started_at = time.perf_counter()
    process = subprocess.Popen(
        [*command, str(port)],
        cwd=ROOT,
        env={**os.environ, **environ, **COMPILED},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        found = _first_status(port, request)
        seconds = time.perf_counter() - started_at
    finally:
        process.kill()
        process.wait()
    if found != status:
        raise RuntimeError(f"{command}: {found}")
    return seconds


def python(*arguments: str) -> list[str]:
    return [sys.executable, "-m", *arguments]


def _first_status(port: int, request: Request) -> int | None:
    method, path, headers, body = request
    until = time.perf_counter() + TIMEOUT_S
    while time.perf_counter() < until:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT_S)
        with suppress(ConnectionRefusedError):
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            answer.read()
            connection.close()
            return answer.status
        time.sleep(0.002)
    return None
