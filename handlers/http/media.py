"""Uploads and downloads through signed media links, streamed, for files in a local folder or in R2.

Links to S3 lead straight to S3, which answers them itself.
"""

from __future__ import annotations

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response, StreamingResponse

from app.core.app import App
from app.core.errors import BadRequest, NotFound, UnsupportedMedia
from app.core.ports.files import AnswersLinks, FileInfo
from app.core.signed_links import MediaLink, attachment

CORS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Methods": "PUT",
    "Access-Control-Allow-Headers": "Content-Type",
    "Access-Control-Max-Age": "3600",
}
"""Any origin may upload: the signature in the link is the permission, and no cookie is involved."""


async def upload(request: Request) -> Response:
    if request.method == "OPTIONS":
        return Response(status_code=204, headers=CORS)
    files, link = _link(request)
    if request.headers.get("content-type", "") != link.mime:
        raise UnsupportedMedia("This file's type differs from the one announced.")
    if request.headers.get("content-length", str(link.size)) != str(link.size):
        raise BadRequest("This file's size differs from the one announced.", code="wrong_size")
    try:
        await files.receive(link, request.stream())
    except ClientDisconnect as fault:
        raise BadRequest("The upload was interrupted. Try again.", code="upload_incomplete") from fault
    return Response(status_code=200, headers=CORS)


async def download(request: Request) -> Response:
    files, link = _link(request)
    if request.method == "HEAD":
        return Response(headers=_headers(link, await files.stat(link.key)))
    info, chunks = await files.open(link.key)
    return StreamingResponse(chunks, headers=_headers(link, info))


def _headers(link: MediaLink, info: FileInfo | None) -> dict[str, str]:
    """Raises NotFound if `info` is None, which means that the file does not exist."""
    if info is None:
        raise NotFound("This file no longer exists.")
    headers = {
        "Content-Type": info.mime,
        "Content-Length": str(info.bytes),
        "Cache-Control": "private, max-age=3600",
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "Cross-Origin-Resource-Policy": "cross-origin",
        "Access-Control-Allow-Origin": "*",
    }
    if link.filename:
        headers["Content-Disposition"] = attachment(link.filename)
    return headers


def _link(request: Request) -> tuple[AnswersLinks, MediaLink]:
    """The storage and the verified link. Raises Forbidden, and NotFound if the storage answers its links itself."""
    app: App = request.app.state.app
    key = request.path_params["key"]
    link = MediaLink.read(request.method, key, request.query_params, app.settings.link_key, app.clock.now())
    if not isinstance(app.files, AnswersLinks):
        raise NotFound()
    return app.files, link
