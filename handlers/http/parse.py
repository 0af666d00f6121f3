"""Request bodies: read within limits of size, time and memory, and parsed into frozen dataclasses.

A body that cannot be parsed is answered with 400 or 422 and a message that names the field.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from starlette.datastructures import QueryParams
from starlette.requests import ClientDisconnect, Request

from app.core.errors import AppError, BadRequest, TooLarge, Unavailable, Unprocessable
from app.core.paging import Cursor
from handlers.http import client_address

if TYPE_CHECKING:
    from pydantic import TypeAdapter

T = TypeVar("T")
MAX_JSON_BYTES = 64 * 1024
BODY_MEMORY_BYTES = 16 * 1024 * 1024
ADDRESS_MEMORY_BYTES = BODY_MEMORY_BYTES // 2
"""The maximum for one address: enough for the largest webhook, which leaves as much for all other addresses."""


@dataclass
class BodyMemory:
    """The memory that large bodies use in this process while they arrive, in bytes.

    Only the part of a body above MAX_JSON_BYTES counts. Small bodies are therefore always accepted, even while a few
    clients send large bodies slowly.
    """

    held: Counter[str] = field(default_factory=Counter)  # bytes by address

    @property
    def reserved(self) -> int:
        return self.held.total()

    def reserve(self, address: str, size: int) -> None:
        """Reserve memory for an address. Raises Unavailable, after which Shopify sends the webhook again."""
        if self.reserved + size > BODY_MEMORY_BYTES or self.held[address] + size > ADDRESS_MEMORY_BYTES:
            raise Unavailable("Too many large requests at once. Try again in a moment.")
        self.held[address] += size

    def release(self, address: str, size: int) -> None:
        self.held[address] -= size
        if not self.held[address]:
            del self.held[address]


async def raw(request: Request, limit: int, *, within_s: float | None = None) -> bytes:
    """Read the whole body. It is refused if it announces more than `limit` bytes, or as soon as it exceeds them.

    `within_s` is the deadline in seconds for the whole body, however much of it has arrived. Raises TooLarge;
    Unavailable if the memory for large bodies is used up; BadRequest if the client disconnects; and AppError 408
    (`too_slow`) after the deadline.
    """
    if _content_length(request) > limit:
        raise TooLarge("This request is too large.")
    try:
        async with asyncio.timeout(within_s):
            return await _read_body(request, limit)
    except TimeoutError as fault:
        raise too_slow() from fault
    except ClientDisconnect as fault:
        raise BadRequest("The request was interrupted.") from fault


async def _read_body(request: Request, limit: int) -> bytes:
    """Read the whole body, and reserve memory for what exceeds MAX_JSON_BYTES while it arrives."""
    memory: BodyMemory = request.app.state.body_memory
    received, held, address = bytearray(), 0, ""
    try:
        async for chunk in request.stream():
            received += chunk
            if len(received) > limit:
                raise TooLarge("This request is too large.")
            more = max(len(received) - MAX_JSON_BYTES - held, 0)
            if more:
                address = address or client_address.peer_bucket(request)
                memory.reserve(address, more)
                held += more
    finally:
        if held:
            memory.release(address, held)
    return bytes(received)


def too_slow() -> AppError:
    return AppError("This request arrived too slowly. Try again.", code="too_slow", status=408)


async def body(request: Request, shape: type[T]) -> T:
    """Parse a JSON body into a dataclass. Raises what `raw` and `from_json` raise."""
    return from_json(await raw(request, MAX_JSON_BYTES), shape)


def cursor(asked: QueryParams) -> Cursor:
    """Where a page of a list begins, by the parameters `after` and `before`."""
    after, before = asked.get("after") or None, asked.get("before") or None
    return Cursor(before=before) if before else Cursor(after=after)


def from_json(received: bytes, shape: type[T]) -> T:
    """Parse JSON into a dataclass. Raises BadRequest if it is not JSON, and Unprocessable if a field is wrong."""
    from pydantic import ValidationError

    try:
        value: T = _adapter(shape).validate_json(received)
    except ValidationError as fault:
        first = fault.errors(include_url=False, include_input=False)[0]
        if first["type"] == "json_invalid":
            raise BadRequest("The body is not JSON.") from None
        where = ".".join(str(step) for step in first["loc"]) or "body"
        raise Unprocessable(f"{where}: {first['msg']}.", code="bad_field") from None
    return value


def _content_length(request: Request) -> int:
    """The size in bytes that the request announces for its body, or 0 if it announces none."""
    length = request.headers.get("content-length", "")
    return int(length) if length.isdecimal() and len(length) < 20 else 0


def _adapter(shape: type[Any]) -> TypeAdapter[Any]:
    """The type's adapter. Pydantic is imported with the first body: it would lengthen a cold start by a fifth."""
    from pydantic import TypeAdapter

    if shape not in _adapters:
        _adapters[shape] = TypeAdapter(shape)
    return _adapters[shape]


_adapters: dict[type[Any], TypeAdapter[Any]] = {}
