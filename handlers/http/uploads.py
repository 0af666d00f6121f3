"""Uploads over HTTP: the body that announces a file, and the ticket that tells the browser where to send it.

Shoppers upload their photos for all capabilities in the same way.
"""

from __future__ import annotations

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from app import media, shops
from app.core.app import App
from app.core.errors import AppError
from app.core.times import to_text
from handlers.http import auth, limits, parse

ACCEPTED_FILES = ",".join((*media.CONTENT_TYPES, ".jfif", ".heic", ".heif", ".hif", ".avif"))
"""The value of a file input's `accept`. Some browsers do not know the content types of these file extensions."""


@dataclass(frozen=True)
class UploadBody:
    filename: str
    content_type: str
    bytes: int
    guest_token: str | None = None

    def to_request(self) -> media.UploadRequest:
        return media.UploadRequest(self.filename, self.content_type, self.bytes)


async def open_upload(request: Request) -> Response:
    """POST /proxy/uploads: open an upload for a shopper's photo. If it fails, its ticket is not counted as open."""
    visit = auth.storefront(request)
    body = await parse.body(request, UploadBody)
    app: App = request.app.state.app
    upload_request = body.to_request()
    media.check_upload_request(upload_request)
    await limits.upload(request, visit, body.guest_token, upload_request.bytes)
    counted_at = app.clock.now()
    try:
        shop = await shops.open_shop(app, visit)
        upload = await media.open_upload(app, shop.id, shop.timezone, upload_request)
    except AppError:
        await limits.release_ticket(request, visit, body.guest_token, counted_at)
        raise
    return ticket(upload)


def ticket(upload: media.Upload) -> JSONResponse:
    """The response that tells the browser where to send the file, with which method and headers, and until when."""
    ticket = upload.ticket
    return JSONResponse(
        {
            "upload_id": upload.id,
            "method": ticket.method,
            "url": ticket.url,
            "headers": dict(ticket.headers),
            "max_bytes": media.MAX_UPLOAD_BYTES,
            "expires_at": to_text(ticket.expires_at),
        },
        201,
    )
