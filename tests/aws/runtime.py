"""A Lambda function as AWS runs it: awslambdaric in a process of its own, which asks this Runtime API for events."""

from __future__ import annotations

import base64
import json
import os
import queue
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.util import find_spec
from pathlib import Path
from signal import SIGKILL
from subprocess import STDOUT
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests import processes
from tests.sources import ROOT

ANSWER_S = 20.0
DEADLINE_S = 30


class RuntimeApi(BaseHTTPRequestHandler):
    """What Lambda offers a runtime: the next event, and where its answer or fault goes."""

    server: Api
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # else every answer waits 40 ms for an acknowledgement

    def do_GET(self) -> None:
        event = self.server.events.get()
        self._reply(200, event, {"Lambda-Runtime-Deadline-Ms": str(int((time.time() + DEADLINE_S) * 1000))})

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])) or "null")
        self.server.answers.put((self.path.rpartition("/")[2], body))
        self._reply(202, {}, {})

    def _reply(self, status: int, body: Any, headers: dict[str, str]) -> None:
        data = json.dumps(body).encode()
        self.send_response(status)
        names = {"Lambda-Runtime-Aws-Request-Id": "1", "Lambda-Runtime-Invoked-Function-Arn": "arn:aws:lambda:test"}
        for name, value in (
            names | headers | {"Content-Type": "application/json", "Content-Length": str(len(data))}
        ).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: the tests print what matters."""


class Api(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), RuntimeApi)
        self.events: queue.Queue[Any] = queue.Queue()
        self.answers: queue.Queue[tuple[str, Any]] = queue.Queue()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Nothing when a function was ended while it asked."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


class Function:
    """A deployed function: give it an event, get its answer."""

    def __init__(self, api: Api, output: Path):
        self._api, self._output = api, output
        self._one_at_a_time = threading.Lock()

    def __call__(self, event: Mapping[str, Any]) -> Any:
        with self._one_at_a_time:
            self._api.events.put(event)
            try:
                kind, answer = self._api.answers.get(timeout=ANSWER_S)
            except queue.Empty:
                raise AssertionError(f"the function does not answer:\n{self.printed}") from None
        assert kind == "response", f"{answer}\n{self.printed}"
        return answer

    @property
    def printed(self) -> str:
        return self._output.read_text(errors="replace")


@contextmanager
def deployed(handler: str, folder: Path, environ: Mapping[str, str]) -> Iterator[Function]:
    """The function `handlers.runtimes.aws_lambda.{handler}`, running. Skips where awslambdaric is not installed."""
    if find_spec("awslambdaric") is None:
        pytest.skip("awslambdaric is not installed: handlers are not run as Lambda runs them")
    command = [sys.executable, "-m", "awslambdaric", f"handlers.runtimes.aws_lambda.{handler}"]
    with started(handler, command, folder, environ) as function:
        yield function


@contextmanager
def started(
    name: str, command: Sequence[str], folder: Path, environ: Mapping[str, str], *, cwd: Path = ROOT
) -> Iterator[Function]:
    """A function whose process, that of the command, asks the Runtime API which its environment names."""
    output, api = folder / f"{name}.txt", Api()
    threading.Thread(target=api.serve_forever, daemon=True).start()
    address = f"127.0.0.1:{api.server_address[1]}"
    names = {"AWS_LAMBDA_RUNTIME_API": address, "AWS_LAMBDA_FUNCTION_NAME": name, "PYTHONUNBUFFERED": "1"}
    with output.open("wb") as target:
        process = processes.start(command, cwd=cwd, env=os.environ | environ | names, stdout=target, stderr=STDOUT)
    try:
        yield Function(api, output)
    finally:
        processes.stop(process, SIGKILL)
        api.shutdown()
        api.server_close()


def http_event(method: str, url: str, headers: Mapping[str, str], body: bytes = b"") -> dict[str, Any]:
    """A request as API Gateway's HTTP API gives it to a function, in payload version 2.0."""
    parts = urlsplit(url)
    return {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": parts.path,
        "rawQueryString": parts.query,
        "headers": {name.lower(): value for name, value in headers.items()} | {"host": parts.netloc},
        "requestContext": {
            "http": {"method": method, "path": parts.path, "protocol": "HTTP/1.1", "sourceIp": "203.0.113.1"},
            "domainName": parts.netloc,
            "stage": "$default",
        },
        "body": base64.b64encode(body).decode(),
        "isBase64Encoded": True,
    }


def sqs_event(*bodies: str) -> dict[str, Any]:
    """A batch of messages, the first with the id `message-0`."""
    return {
        "Records": [
            {"messageId": f"message-{at}", "body": body, "eventSource": "aws:sqs", "attributes": {}}
            for at, body in enumerate(bodies)
        ]
    }
