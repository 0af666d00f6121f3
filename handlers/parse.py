"""Bodies become frozen dataclasses, checked field by field; a bad one is a 400 or 422 with a sentence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from starlette.requests import ClientDisconnect, Request

from app.core.errors import BadRequest, TooLarge, Unavailable, Unprocessable

if TYPE_CHECKING:
    from pydantic import TypeAdapter

T = TypeVar("T")
MAX_JSON_BYTES = 64 * 1024
ROOM_BYTES = 16 * 1024 * 1024


@dataclass
class Room:
    """Memory of this process for large bodies while they arrive: what passes MAX_JSON_BYTES of each counts.

    Small ones always find a place, so that few who send much, and slowly, do not keep out the others.
    """

    taken: int = 0

    def take(self, size: int) -> None:
        """Raises Unavailable, which lets Shopify send its webhook again."""
        if self.taken + size > ROOM_BYTES:
            raise Unavailable("Too many large requests came at once. Please try again soon.")
        self.taken += size


async def raw(request: Request, limit: int) -> bytes:
    """The whole body, refused when it says that it is, or as soon as it is, over `limit` bytes.

    Raises TooLarge, Unavailable, BadRequest.
    """
    if _announced(request) > limit:
        raise TooLarge("This request is too big.")
    room: Room = request.app.state.room
    received, held = bytearray(), 0
    try:
        async for chunk in request.stream():
            received += chunk
            if len(received) > limit:
                raise TooLarge("This request is too big.")
            more = max(len(received) - MAX_JSON_BYTES - held, 0)
            room.take(more)
            held += more
    except ClientDisconnect as fault:
        raise BadRequest("The request was cut short.") from fault
    finally:
        room.taken -= held
    return bytes(received)


async def body(request: Request, shape: type[T]) -> T:
    """A JSON body as a dataclass. Raises TooLarge, and what `shaped` raises."""
    return shaped(await raw(request, MAX_JSON_BYTES), shape)


def shaped(received: bytes, shape: type[T]) -> T:
    """JSON as a dataclass. Raises BadRequest when it is no JSON, Unprocessable when a field is wrong."""
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


def _announced(request: Request) -> int:
    """The bytes that a body will have, 0 when it does not say so."""
    length = request.headers.get("content-length", "")
    return int(length) if length.isdecimal() and len(length) < 20 else 0


def _adapter(shape: type[Any]) -> TypeAdapter[Any]:
    """Pydantic loads with the first body: it would lengthen a cold start by a fifth."""
    from pydantic import TypeAdapter

    if shape not in _adapters:
        _adapters[shape] = TypeAdapter(shape)
    return _adapters[shape]


_adapters: dict[type[Any], TypeAdapter[Any]] = {}
