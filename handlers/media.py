"""Signed media links of the folder adapter; S3 and R2 answer theirs without this process."""

from __future__ import annotations

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from app.core.app import App
from app.core.errors import BadRequest, NotFound, UnsupportedMedia
from app.core.links import MediaLink, attachment
from app.core.ports import ReceivesUploads

CORS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Methods": "PUT",
    "Access-Control-Allow-Headers": "Content-Type",
    "Access-Control-Max-Age": "3600",
}
"""Any origin may send: the signature in the link is the permission, and no cookie is involved."""


async def upload(request: Request) -> Response:
    if request.method == "OPTIONS":
        return Response(status_code=204, headers=CORS)
    app, link = _link(request)
    if request.headers.get("content-type", "") != link.mime:
        raise UnsupportedMedia("This upload is not of the type that was announced.")
    if request.headers.get("content-length", str(link.size)) != str(link.size):
        raise BadRequest("This upload is not of the size that was announced.", code="wrong_size")
    if not isinstance(app.files, ReceivesUploads):
        raise NotFound()
    try:
        await app.files.receive(link, request.stream())
    except ClientDisconnect as fault:
        raise BadRequest("The upload was cut short. Please try again.", code="upload_incomplete") from fault
    return Response(status_code=200, headers=CORS)


async def download(request: Request) -> Response:
    app, link = _link(request)
    info = await app.files.stat(link.key)
    if info is None:
        raise NotFound("This file is gone.")
    headers = {
        "Content-Type": info.mime,
        "Cache-Control": "private, max-age=3600",
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "Cross-Origin-Resource-Policy": "cross-origin",
        "Access-Control-Allow-Origin": "*",
    }
    if link.filename:
        headers["Content-Disposition"] = attachment(link.filename)
    return Response(await app.files.get(link.key), headers=headers)


def _link(request: Request) -> tuple[App, MediaLink]:
    app: App = request.app.state.app
    key = request.path_params["key"]
    link = MediaLink.read(request.method, key, request.query_params, app.settings.link_key, app.clock.now())
    return app, link
