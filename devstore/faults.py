"""Faults that a test orders for the next Admin API calls."""

from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

KINDS = ("throttle_200", "throttle_429", "error_500", "timeout", "lost_answer")


async def order_faults(request: Request) -> Response:
    """POST {"kind", "times"}: the next calls fail this way, in the order of asking."""
    wish = await request.json()
    if wish["kind"] not in KINDS:
        return JSONResponse({"error": f"kind is one of {', '.join(KINDS)}"}, 422)
    request.app.state.faults.extend([wish["kind"]] * int(wish.get("times", 1)))
    return JSONResponse({"waiting": request.app.state.faults}, 201)


def next_fault(request: Request) -> str | None:
    faults: list[str] = request.app.state.faults
    return faults.pop(0) if faults else None


def cost(available: int = 1990) -> dict[str, Any]:
    """`extensions.cost`, in points, of a shop on the standard plan."""
    status = {"maximumAvailable": 2000.0, "currentlyAvailable": available, "restoreRate": 100.0}
    return {"cost": {"requestedQueryCost": 10, "actualQueryCost": 10 if available else None, "throttleStatus": status}}


def faulty(kind: str) -> Response:
    """The answer that the app gets instead of the operation's."""
    if kind == "timeout":
        return Silence()
    if kind == "error_500":
        return JSONResponse({"errors": "Internal Server Error"}, 500)
    error = {"message": "Throttled", "extensions": {"code": "THROTTLED"}}
    status = 429 if kind == "throttle_429" else 200
    return JSONResponse({"errors": [error], "extensions": cost(available=0)}, status)


class Silence(Response):
    """Says nothing until the caller gives up."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        while (await receive())["type"] != "http.disconnect":
            pass


class BrokenOff(Response):
    """Starts an answer and drops the connection: the caller cannot know what was done."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = [(b"content-type", b"application/json"), (b"content-length", b"1000")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b"{", "more_body": True})
