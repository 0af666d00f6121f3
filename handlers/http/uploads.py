"""Uploads over HTTP: the body that announces a file, and the ticket that says where the browser sends it."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.responses import JSONResponse

from app import media
from app.core.times import to_text

ACCEPTED_FILES = ",".join((*media.CONTENT_TYPES, ".jfif", ".heic", ".heif", ".hif", ".avif"))
"""For a file input's `accept`: some browsers know no content type for these endings."""


@dataclass(frozen=True)
class UploadBody:
    filename: str
    content_type: str
    bytes: int
    guest_token: str | None = None

    def wish(self) -> media.UploadWish:
        return media.UploadWish(self.filename, self.content_type, self.bytes)


def ticket(upload: media.Upload) -> JSONResponse:
    """Where the browser sends the file, with which method and headers, and until when."""
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
