"""Bodies become frozen dataclasses, checked field by field; a bad one is a 400 or 422 with a sentence."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from starlette.requests import ClientDisconnect, Request

from app.core.errors import BadRequest, TooLarge, Unprocessable

if TYPE_CHECKING:
    from pydantic import TypeAdapter

T = TypeVar("T")
MAX_JSON_BYTES = 64 * 1024


async def raw(request: Request, limit: int) -> bytes:
    """The whole body, refused while it streams in when it passes `limit` bytes. Raises TooLarge."""
    received = bytearray()
    try:
        async for chunk in request.stream():
            received += chunk
            if len(received) > limit:
                raise TooLarge("This request is too big.")
    except ClientDisconnect as fault:
        raise BadRequest("The request was cut short.") from fault
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


def _adapter(shape: type[Any]) -> TypeAdapter[Any]:
    """Pydantic loads with the first body: it would lengthen a cold start by a fifth."""
    from pydantic import TypeAdapter

    if shape not in _adapters:
        _adapters[shape] = TypeAdapter(shape)
    return _adapters[shape]


_adapters: dict[type[Any], TypeAdapter[Any]] = {}
