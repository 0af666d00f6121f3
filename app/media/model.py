"""Stored files as rows; the object itself may be gone before its row is."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime

from app.core.ids import new_id
from app.core.pictures import Picture


@dataclass(frozen=True)
class Asset:
    """`bytes` is the size; `owner` names what the file belongs to, as (type, id)."""

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
    "application/vnd.iccprofile": "icc",
}


def object_key(shop_id: str, capability: str, subject_id: str, purpose: str, attempt: str, mime: str) -> str:
    """`{shop}/{capability}/{subject id}/{purpose}_{attempt}.{ext}`: never a token or a name in a key."""
    return f"{shop_id}/{capability}/{subject_id}/{purpose}_{attempt}.{EXTENSIONS.get(mime, 'bin')}"


def new_asset(
    shop_id: str,
    key: str,
    purpose: str,
    picture: Picture,
    *,
    owner: tuple[str, str],
    shopper_id: str | None = None,
    guest_session_id: str | None = None,
    filename: str | None = None,
) -> Asset:
    """The row for a picture that was stored under `key`."""
    return Asset(
        id=new_id(),
        shop_id=shop_id,
        key=key,
        purpose=purpose,
        filename=filename,
        mime=picture.mime,
        bytes=len(picture.data),
        width=picture.width,
        height=picture.height,
        sha256=hashlib.sha256(picture.data).hexdigest(),
        owner_type=owner[0],
        owner_id=owner[1],
        shopper_id=shopper_id,
        guest_session_id=guest_session_id,
    )
