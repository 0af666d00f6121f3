"""Stored files as values. A file's row may outlive the object in storage."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

TICKET_LIFE = timedelta(minutes=15)
"""How long an upload ticket is valid and reserves storage for its photo."""
LATE_LIFE = timedelta(minutes=45)
"""How long after its ticket has expired a photo is still accepted: an upload that began in time may take long."""
UPLOAD_LIFE = timedelta(hours=24)


@dataclass(frozen=True)
class Asset:
    """A stored file.

    `bytes` is the size that counts against the shop's storage; `owner_type` and `owner_id` name what the file belongs
    to. `expires_at` is when the sweep must check the file. `arrived_at` is set only for uploads: it is when the app
    first knew that the file had arrived. Until then, `bytes` is the size that the ticket reserves, and 0 once the
    reservation has expired.
    """

    id: str
    shop_id: str
    key: str
    purpose: str
    filename: str | None
    mime: str
    bytes: int
    width: int | None = None
    height: int | None = None
    sha256: str | None = None
    owner_type: str | None = None
    owner_id: str | None = None
    shopper_id: str | None = None
    guest_session_id: str | None = None
    expires_at: datetime | None = None
    deleted_at: datetime | None = None
    arrived_at: datetime | None = None
    created_at: datetime | None = None

    @property
    def is_awaited(self) -> bool:
        """Whether this is an upload that is not known to have arrived."""
        return self.purpose == "upload" and self.arrived_at is None

    @property
    def is_lapsed(self) -> bool:
        """Whether this is an upload that has not arrived and whose storage reservation has expired."""
        return self.is_awaited and self.bytes == 0

    @property
    def is_claimed(self) -> bool:
        """Whether the file belongs to a known shopper or guest."""
        return bool(self.shopper_id or self.guest_session_id)

    def serves(self, shopper_id: str | None, guest_session_id: str | None) -> bool:
        """Return whether this visitor may use the file.

        A photo belongs to the first visitor who uses it. Until then, only its sender knows its id.
        """
        return (self.shopper_id, self.guest_session_id) in ((None, None), (shopper_id, guest_session_id))


EXTENSIONS = {
    "image/jpeg": "jpg",
    "image/png": "png",
    "image/webp": "webp",
    "image/avif": "avif",
    "image/heic": "heic",
    "image/heif": "heif",
    "image/tiff": "tiff",
    "application/pdf": "pdf",
    "application/zip": "zip",
    "application/vnd.iccprofile": "icc",
}


def object_key(shop_id: str, capability: str, subject_id: str, purpose: str, attempt: str, mime: str) -> str:
    """Return `{shop}/{capability}/{subject id}/{purpose}_{attempt}.{ext}`. Keys never contain a token or a name."""
    return f"{shop_id}/{capability}/{subject_id}/{purpose}_{attempt}.{EXTENSIONS.get(mime, 'bin')}"
