"""Uploads over HTTP: the body that announces a file, and the ticket that tells the browser where to send it."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.responses import JSONResponse

from app import media
from app.core.times import to_text

ACCEPTED_FILES = ",".join((*media.CONTENT_TYPES, ".jfif", ".heic", ".heif", ".hif", ".avif"))
"""The value of a file input's `accept`. Some browsers do not know the content types of these file extensions."""


@dataclass(frozen=True)
class UploadBody:
    filename: str
    content_type: str
    bytes: int
    guest_token: str | None = None

    def wish(self) -> media.UploadWish:
        return media.UploadWish(self.filename, self.content_type, self.bytes)


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
