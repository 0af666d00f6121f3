"""Error responses: JSON for programs, an HTML page for people."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from app.core.errors import AppError, AuthReply, NotFound, TooMany

JSON_PATHS = ("/proxy/", "/webhooks", "/media/", "/internal/", "/healthz", "/metrics")


async def app_error(request: Request, fault: Exception) -> Response:
    return answer(request, fault if isinstance(fault, AppError) else AppError())


async def auth_reply(request: Request, fault: Exception) -> Response:
    """The response that Shopify's protocol asks for, unchanged.

    A body gets the content type text/plain: without one, API Gateway would label it JSON.
    """
    if not isinstance(fault, AuthReply):
        return answer(request, AppError())
    return Response(fault.body, fault.status, dict(fault.headers), "text/plain" if fault.body else None)


async def http_error(request: Request, fault: Exception) -> Response:
    """Starlette's own errors: an unknown path, or a method that the path does not support."""
    status = fault.status_code if isinstance(fault, HTTPException) else 500
    if status == 405:
        return answer(request, AppError("This address does not support this method.", code="bad_method", status=405))
    return answer(request, NotFound() if status == 404 else AppError(status=status))


def answer(request: Request, fault: AppError) -> Response:
    headers = {"Retry-After": str(fault.retry_after)} if isinstance(fault, TooMany) else {}
    path: str = request.scope["path"]  # request.url fails on a query that is not UTF-8
    if path.startswith(
        "/media/"
    ):  # requested from the storefront's origin, whose scripts must be able to read the error
        headers["Access-Control-Allow-Origin"] = "*"
    if path.startswith(JSON_PATHS) or "text/html" not in request.headers.get("accept", ""):
        return as_json(request, fault, headers)
    from handlers.http.pages import page

    response = page(request, "error.html", status=fault.status, error=fault, request_id=request_id(request))
    response.headers.update(headers)
    return response


def as_json(request: Request, fault: AppError, headers: Mapping[str, str]) -> JSONResponse:
    error: dict[str, Any] = {"code": fault.code, "message": fault.message, "request_id": request_id(request)}
    if fault.field:
        error["field"] = fault.field
    return JSONResponse({"error": error}, fault.status, dict(headers))


def request_id(request: Request) -> str:
    return str(getattr(request.state, "request_id", ""))


HANDLERS: Mapping[Any, Any] = {
    AppError: app_error,
    AuthReply: auth_reply,
    HTTPException: http_error,
}
