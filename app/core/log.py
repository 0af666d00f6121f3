"""Logs: one JSON object per line, with the ids of the request, shop and job.

Callers pass ids, counts and codes: never tokens, prompts, names, addresses or bodies.
"""

from __future__ import annotations

import json
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TextIO

from app.core.times import SystemClock, to_text

_context: ContextVar[dict[str, str]] = ContextVar("log_context", default={})  # noqa: B039  # never mutated


class Log:
    """Writes to a stream and adds the context of the running request or job to each line."""

    def __init__(self, stream: TextIO | None = None):
        self._stream = stream

    def info(self, event: str, **fields: object) -> None:
        self._write("info", event, fields)

    def warning(self, event: str, **fields: object) -> None:
        self._write("warning", event, fields)

    def error(self, event: str, fault: BaseException, **fields: object) -> None:
        """Log an unexpected error with its location, without its message, which may contain personal data."""
        frames = traceback.extract_tb(fault.__traceback__)
        where = [f"{frame.filename.rpartition('/')[2]}:{frame.lineno} {frame.name}" for frame in frames[-6:]]
        self._write("error", event, fields | {"fault": type(fault).__name__, "where": where})

    def _write(self, level: str, event: str, fields: dict[str, object]) -> None:
        line = {
            "at": to_text(SystemClock().now()),
            "level": level,
            "event": event,
            **_context.get(),
            **fields,
        }
        stream = self._stream or sys.stderr
        stream.write(json.dumps(line, default=str) + "\n")  # in one write: other threads and processes write there too
        stream.flush()


@contextmanager
def context(**ids: str) -> Iterator[None]:
    """Add ids to every line that is logged within this context."""
    token = _context.set(_context.get() | ids)
    try:
        yield
    finally:
        _context.reset(token)


def context_id(name: str) -> str:
    """Return an id of the current context, or an empty string."""
    return _context.get().get(name, "")
