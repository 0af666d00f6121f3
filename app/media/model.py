"""Stored files as rows; the object itself may be gone before its row is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

TICKET_LIFE = timedelta(minutes=15)
"""How long a ticket can be used, and holds storage for its photo."""
LATE_LIFE = timedelta(minutes=45)
"""How long after its ticket's end a photo is still taken: what was sent in time may take long to come."""
UPLOAD_LIFE = timedelta(hours=24)


@dataclass(frozen=True)
class Asset:
    """`bytes` is what counts as stored; `owner` names what the file belongs to, as (type, id).

    `expires_at` is when the sweep must look at the file. `arrived_at` is for uploads alone: when the app first knew
    that the file had come. Until then `bytes` is the reservation of its ticket, and 0 once that has ended.
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
        """Whether this is an upload that is not known to have come."""
        return self.purpose == "upload" and self.arrived_at is None

    @property
    def is_lapsed(self) -> bool:
        """Whether its ticket has ended without it, and holds no storage any more."""
        return self.is_awaited and self.bytes == 0

    @property
    def is_claimed(self) -> bool:
        """Whether it is a known person's."""
        return bool(self.shopper_id or self.guest_session_id)

    def serves(self, shopper_id: str | None, guest_session_id: str | None) -> bool:
        """Whether this visitor may use it: a photo is its first user's, and until then its sender's, who has its id."""
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
    """`{shop}/{capability}/{subject id}/{purpose}_{attempt}.{ext}`: never a token or a name in a key."""
    return f"{shop_id}/{capability}/{subject_id}/{purpose}_{attempt}.{EXTENSIONS.get(mime, 'bin')}"
