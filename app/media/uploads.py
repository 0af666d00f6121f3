"""Uploads: a ticket for exactly one file, straight to storage, and a look at its header before any use."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta

from app import generation
from app.core import sniff
from app.core.app import App
from app.core.errors import AppError, NotFound, Refused, TooLarge, Unprocessable, UnsupportedMedia
from app.core.ids import new_id
from app.core.ports import UploadTicket
from app.media import queries
from app.media.model import Asset

MAX_UPLOAD_BYTES = 25 * 1024 * 1024
TICKET_LIFE = timedelta(minutes=15)
UPLOAD_LIFE = timedelta(hours=24)
SWEPT_AT_ONCE = 50
CONTENT_TYPES = ("image/jpeg", "image/png", "image/webp", "image/avif", "image/heic", "image/heif")
_OTHER_NAMES = {
    "image/jpg": "image/jpeg",
    "image/pjpeg": "image/jpeg",
    "image/jfif": "image/jpeg",
    "image/x-png": "image/png",
    "image/x-webp": "image/webp",
    "image/avif-sequence": "image/avif",
    "image/heic-sequence": "image/heic",
    "image/heif-sequence": "image/heif",
}
_BY_EXTENSION = {
    **dict.fromkeys(("jpg", "jpeg", "jpe", "jfif", "pjpeg", "pjp"), "image/jpeg"),
    "png": "image/png",
    "webp": "image/webp",
    "avif": "image/avif",
    **dict.fromkeys(("heic", "heics", "hif"), "image/heic"),
    **dict.fromkeys(("heif", "heifs"), "image/heif"),
}
_UNKNOWN = "application/octet-stream"
_SAY_NOTHING = ("", _UNKNOWN, "binary/octet-stream")


@dataclass(frozen=True)
class UploadWish:
    """What a browser wants to send: its name, media type and size in bytes."""

    filename: str
    content_type: str
    bytes: int

    @property
    def expected_type(self) -> str:
        """The photo type that the media type, or else the name, promises. The content decides when it has come.

        Systems that do not know a format call it by nothing in particular, or by the name of another; so a file is
        refused only where the type names something else and the name does not contradict. Raises UnsupportedMedia.
        """
        said = self.content_type.partition(";")[0].strip().lower()
        known = _OTHER_NAMES.get(said, said)
        if known in CONTENT_TYPES:
            return known
        if by_name := _BY_EXTENSION.get(self.filename.rpartition(".")[2].strip().lower()):
            return by_name
        if said in _SAY_NOTHING:
            return _UNKNOWN
        raise UnsupportedMedia()


@dataclass(frozen=True)
class Upload:
    id: str
    ticket: UploadTicket


async def open_upload(app: App, shop_id: str, timezone: str, wish: UploadWish) -> Upload:
    """Reserve the storage and sign a ticket. Raises UnsupportedMedia, TooLarge, Unprocessable, AppError 402."""
    mime = wish.expected_type
    if wish.bytes > MAX_UPLOAD_BYTES:
        raise TooLarge(f"This photo is too big. Please choose one under {MAX_UPLOAD_BYTES // 1024**2} MB.")
    if wish.bytes <= 0:
        raise Unprocessable("This file is empty. Please choose another photo.", code="empty_file")
    now, upload_id = app.clock.now(), new_id()
    asset = Asset(
        id=upload_id,
        shop_id=shop_id,
        key=f"{shop_id}/uploads/{upload_id}/original_1.bin",  # what it is, is not known yet
        purpose="upload",
        filename=None,  # a file's name can be a person's
        mime=mime,
        bytes=wish.bytes,
        expires_at=now + UPLOAD_LIFE,
    )
    period = generation.period_of(now, timezone)
    try:
        await app.db.batch(
            *generation.reserve_storage(shop_id, wish.bytes, period, now), queries.insert_asset(asset, now)
        )
    except Refused as refused:
        raise AppError("This shop cannot take more photos at the moment.", code=refused.code, status=402) from refused
    ticket = app.files.upload_ticket(asset.key, mime=asset.mime, size=asset.bytes, expires_at=now + TICKET_LIFE)
    return Upload(upload_id, ticket)


async def read_upload(app: App, asset: Asset | None) -> tuple[Asset, sniff.Header]:
    """An upload that has arrived and whose header is good, under its real type; no pixel is decoded.

    Raises NotFound, UnsupportedMedia, BadPicture.
    """
    if asset is None or asset.purpose != "upload":
        raise NotFound("This photo is not there any more. Please choose it again.", code="upload_missing")
    if asset.expires_at and asset.expires_at <= app.clock.now():
        raise NotFound("This photo has expired. Please choose it again.", code="upload_expired")
    try:
        header = await read_header(app, asset.key)
    except NotFound as fault:
        raise Unprocessable("The photo has not arrived yet. Please send it again.", code="upload_missing") from fault
    sniff.check(header)
    return replace(asset, mime=header.mime), header


async def read_header(app: App, key: str) -> sniff.Header:
    """Format and pixels of a stored picture, by its first 512 KB. Raises NotFound, UnsupportedMedia, BadPicture."""
    return await app.compute.glance(sniff.sniff, await app.files.get(key, sniff.HEAD_BYTES))


async def sweep_uploads(app: App) -> int:
    """Remove uploads whose day is over, fifty at a time, and give their storage back; how many went."""
    now, swept = app.clock.now(), 0
    for upload in await queries.expired_uploads(app.db, now, SWEPT_AT_ONCE):
        await app.files.delete(upload.key)
        with suppress(Refused):
            await app.db.batch(
                queries.mark_deleted(upload.shop_id, upload.id, now),
                generation.release_storage(upload.shop_id, upload.bytes, now),
            )
            swept += 1
    return swept
