"""What remains of an answer or a row when ids, times, signatures and addresses are taken for the same."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import httpx

import app.schema  # noqa: F401  # fills the metadata
from app.core.tables import metadata
from tests.setups import SetUp

SIGNED = r"http://127\.0\.0\.1:\d+/[^\s\"'<>]*[?&;](?:s|X-Amz-Signature)=[0-9a-f]{64}[^\s\"'<>]*"
EVERYWHERE = [
    (re.compile(SIGNED), "<link>"),
    (re.compile(r"data:image/[a-z]+;base64,[\w+/=]+"), "<picture>"),
    (re.compile(r"http://127\.0\.0\.1:\d+"), "<origin>"),
    (re.compile(r"eyJ[\w-]+\.[\w-]+\.[\w-]+"), "<id token>"),
    (re.compile(r"(?<![0-9a-f])[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b"), "<id>"),
    (re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)"), "<time>"),
    (re.compile(r"\bin \d+\.\d s\b"), "in <seconds>"),
    (re.compile(r"\b\d{1,2} [A-Z][a-z]{2} \d{4}\b(, \d\d:\d\d UTC)?"), "<day>"),
    (re.compile(r"\A\d{4}-\d\d\Z"), "<month>"),
    (re.compile(r"\b\d{10}\.[0-9a-f]{64}\b"), "<view token>"),
    (re.compile(r"v2:[0-9a-f]{8}:[\w+/=-]{30,}"), "<sealed>"),
    (re.compile(r"\b[0-9a-f]{24,}\b"), "<hash>"),
    (re.compile(r"(?<![\w-])[\w-]{43}(?![\w-])"), "<token>"),
    (re.compile(r"(print|master|preview)_[\w-]{12}\."), r"\1_<attempt>."),
    (re.compile(r"(?<!\d)1[789]\d{11}(?!\d)"), "<number>"),
]
MEASURED = re.compile(r"(_ms|bytes|sha256)$|^count$")
"""Columns that an encoder or a machine's pace decides."""
BY_MEANS = {"good_width_px": "<pixels>", "preflight": "<figures>"}
"""What depends on the network that enlarges, or on how much of a photo an imaging library looks at."""
OWN_PACE = {"sweeps", "rate_limits"}
"""Tables that each set-up's own sweeps write or empty, whenever they run."""
OWN_HEADERS = {
    "date",
    "server",
    "content-length",
    "connection",
    "transfer-encoding",
    "x-request-id",
    "content-encoding",
}
"""What a server, not the app, says of an answer."""


def plain(value: Any) -> Any:
    """A value of JSON in which nothing is left that differs from run to run."""
    if isinstance(value, dict):
        return {plain(name): _field(name, each) for name, each in value.items()}
    if isinstance(value, list):
        return [plain(each) for each in value]
    if isinstance(value, int) and value > 10**12:
        return plain(str(value))
    if not isinstance(value, str):
        return value
    for pattern, word in EVERYWHERE:
        value = pattern.sub(word, value)
    return value


def headers(answer: httpx.Response) -> dict[str, str]:
    """What the app says in headers. API Gateway gives a type even to an answer without a body."""
    unsaid = OWN_HEADERS if answer.content else OWN_HEADERS | {"content-type"}
    said = {name: plain(value) for name, value in sorted(answer.headers.items()) if name not in unsaid}
    return said | ({"retry-after": "<seconds>"} if "retry-after" in said else {})


def tables(setup: SetUp) -> Iterator[tuple[str, list[str]]]:
    """Every row of every table, as text in an order of its own."""
    for table in metadata.sorted_tables:
        if table.name in OWN_PACE:
            continue
        rows = setup.rows(f'SELECT * FROM "{table.name}"')
        yield table.name, sorted(json.dumps(_row(row), sort_keys=True) for row in rows)


def _row(row: dict[str, Any]) -> dict[str, Any]:
    return {name: _field(name, value) for name, value in row.items() if not MEASURED.search(name)}


def _field(name: str, value: Any) -> Any:
    """That there is a figure is the same everywhere, and which is not."""
    return BY_MEANS[name] if value and name in BY_MEANS else plain(value)
