"""A message and some files as one body, between the tests and their worker: JSON would swell files by a third."""

from __future__ import annotations

import json
from typing import Any

_LENGTH = 4  # bytes, before the message


def packed(message: dict[str, Any], *files: bytes) -> bytes:
    head = json.dumps(message | {"files": [len(file) for file in files]}).encode()
    return b"".join([len(head).to_bytes(_LENGTH, "big"), head, *files])


def unpacked(body: bytes) -> tuple[dict[str, Any], list[bytes]]:
    at = _LENGTH + int.from_bytes(body[:_LENGTH], "big")
    message: dict[str, Any] = json.loads(body[_LENGTH:at])
    files = []
    for length in message.pop("files"):
        files.append(body[at : at + length])
        at += length
    return message, files
