"""The HTTP endpoint of the Admin GraphQL API, with faults that a test can schedule for the next calls."""

from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

from devstore import admin_api
from devstore.store import fields, store_and_shop, store_of
from devstore.tokens import is_access_token

FAULTS = ("throttle_200", "throttle_429", "error_500", "lost_answer")


async def graphql_endpoint(request: Request) -> Response:
    """POST /{shop}/admin/api/{version}/graphql.json"""
    store, shop = store_and_shop(request)
    fault = store.faults.pop(0) if store.faults else None
    if fault and fault != "lost_answer":
        return _fault_response(fault)
    if not is_access_token(store, shop, request.headers.get("x-shopify-access-token", "")):
        return JSONResponse({"errors": "[API] Invalid API key or access token (unrecognized login)"}, 401)
    if request.path_params["version"] != store.manifest["webhooks"]["api_version"]:
        return JSONResponse({"errors": "Not Found"}, 404)
    body = await fields(request)
    if not admin_api.is_known(body["query"]):
        return JSONResponse({"errors": "The app has no such operation in its .graphql files."}, 501)
    origin = str(request.base_url).rstrip("/")
    answer = admin_api.execute(store.state, shop, body["query"], body.get("variables"), origin)
    return DroppedConnection() if fault else JSONResponse(answer | {"extensions": _cost(1990)})


async def schedule_faults(request: Request) -> Response:
    """POST _faults {"kind", "times"}: the next `times` calls fail this way. Several requests queue up in order."""
    body, store = await fields(request), store_of(request)
    if body["kind"] not in FAULTS:
        return JSONResponse({"error": f"kind must be one of {', '.join(FAULTS)}"}, 422)
    store.faults += [body["kind"]] * int(body.get("times", 1))
    return JSONResponse({"waiting": store.faults}, 201)


def _fault_response(fault: str) -> Response:
    if fault == "error_500":
        return JSONResponse({"errors": "Internal Server Error"}, 500)
    errors = [{"message": "Throttled", "extensions": {"code": "THROTTLED"}}]
    return JSONResponse({"errors": errors, "extensions": _cost(0)}, 429 if fault == "throttle_429" else 200)


def _cost(available: int) -> dict[str, Any]:
    """The `extensions` of a response, with query costs in points, for a shop on the standard plan."""
    status = {"maximumAvailable": 2000, "currentlyAvailable": available, "restoreRate": 100}
    return {"cost": {"requestedQueryCost": 10, "actualQueryCost": None, "throttleStatus": status}}


class DroppedConnection(Response):
    """Starts a response and drops the connection, so that the caller cannot know whether the call took effect."""

    async def __call__(self, _: Scope, __: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"1000")]})
        await send({"type": "http.response.body", "body": b"{", "more_body": True})
