"""Uploads: a ticket to send exactly one file directly to storage, and a check of the file's header before any use."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import groupby

from app import quotas
from app.core import sniff
from app.core.app import App
from app.core.errors import AppError, NotFound, Refused, TooLarge, Unprocessable, UnsupportedMedia
from app.core.ids import new_id
from app.core.ports.files import UploadTicket
from app.media import queries
from app.media.model import LATE_LIFE, TICKET_LIFE, UPLOAD_LIFE, Asset

MAX_UPLOAD_BYTES = 25 * 1024 * 1024
SWEPT_AT_ONCE = 400
"""Files that one sweep, which runs every minute, checks. Even if a hundred addresses hold all the tickets that they are
allowed, their uploads are swept within five minutes."""
NAMED_AT_ONCE = 40
"""Files in one batch. If one of them changes in the meantime, only the files in its batch are postponed."""
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
_GENERIC_TYPES = ("", _UNKNOWN, "binary/octet-stream")


@dataclass(frozen=True)
class UploadRequest:
    """A file that a browser asks to upload: its name, media type and size in bytes."""

    filename: str
    content_type: str
    bytes: int

    @property
    def expected_type(self) -> str:
        """The photo's media type according to the declared type or, failing that, the file extension.

        Once the file has arrived, its content decides. Systems that do not know a format declare a generic type or a
        wrong one, so a file is refused only if the declared type is not a photo's and neither is the extension. Raises
        UnsupportedMedia.
        """
        declared = self.content_type.partition(";")[0].strip().lower()
        known = _OTHER_NAMES.get(declared, declared)
        if known in CONTENT_TYPES:
            return known
        if by_name := _BY_EXTENSION.get(self.filename.rpartition(".")[2].strip().lower()):
            return by_name
        if declared in _GENERIC_TYPES:
            return _UNKNOWN
        raise UnsupportedMedia()


@dataclass(frozen=True)
class Upload:
    id: str
    ticket: UploadTicket


async def open_upload(app: App, shop_id: str, timezone: str, request: UploadRequest) -> Upload:
    """Reserve storage and sign an upload ticket. Raises UnsupportedMedia, TooLarge, Unprocessable, AppError 402."""
    mime = check_upload_request(request)
    now, upload_id = app.clock.now(), new_id()
    asset = Asset(
        id=upload_id,
        shop_id=shop_id,
        key=f"{shop_id}/uploads/{upload_id}/original_1.bin",  # the actual type is not known yet
        purpose="upload",
        filename=None,  # the file's name could be a person's name
        mime=mime,
        bytes=request.bytes,
        expires_at=now + TICKET_LIFE,
    )
    period = quotas.period_of(now, timezone)
    try:
        await app.db.batch(
            *quotas.reserve_storage(shop_id, request.bytes, period, now), queries.insert_asset(asset, now)
        )
    except Refused as refused:
        raise _storage_full(refused.code) from refused
    ticket = app.files.upload_ticket(asset.key, mime=asset.mime, size=asset.bytes, expires_at=now + TICKET_LIFE)
    return Upload(upload_id, ticket)


def check_upload_request(request: UploadRequest) -> str:
    """Return the expected media type of a file if it may be uploaded.

    Raises UnsupportedMedia, TooLarge, Unprocessable.
    """
    mime = request.expected_type
    if request.bytes > MAX_UPLOAD_BYTES:
        raise TooLarge(f"This photo is too large. Choose one under {MAX_UPLOAD_BYTES // 1024**2} MB.")
    if request.bytes <= 0:
        raise Unprocessable("This file is empty. Choose another photo.", code="empty_file")
    return mime


async def read_upload(app: App, asset: Asset | None) -> tuple[Asset, sniff.Header]:
    """Return an upload that has arrived, with its actual media type, and its valid header. No pixels are decoded.

    Raises NotFound, Unprocessable if the file has not arrived, UnsupportedMedia, BadPicture, and AppError 402 if the
    file arrived after its reservation had expired and the shop's storage is full.
    """
    if asset is None or asset.purpose != "upload":
        raise NotFound("This photo is no longer available. Choose it again.", code="upload_missing")
    if _has_expired(asset, app.clock.now()):
        raise NotFound("This photo has expired. Choose it again.", code="upload_expired")
    try:
        header = await read_header(app, asset.key)
    except NotFound as fault:
        raise _missing() from fault
    sniff.check(header)
    asset = replace(asset, mime=header.mime)
    if asset.is_lapsed:
        await _count_late_upload(app, asset)
    return asset, header


async def read_own_upload(
    app: App, asset: Asset | None, shopper_id: str | None, guest_session_id: str | None
) -> tuple[Asset, sniff.Header]:
    """Return an upload that this visitor may use (see `Asset.serves`), as `read_upload` does.

    Somebody else's upload is treated as if it did not exist. Both ids are None for a merchant.
    """
    return await read_upload(app, asset if asset and asset.serves(shopper_id, guest_session_id) else None)


def _has_expired(asset: Asset, now: datetime) -> bool:
    """Return whether the sweep may delete the upload at any moment. It may still be used after its ticket expires."""
    grace = LATE_LIFE if asset.is_awaited and not asset.is_lapsed else timedelta(0)
    return asset.expires_at is not None and asset.expires_at + grace <= now


async def read_header(app: App, key: str) -> sniff.Header:
    """Return the format and dimensions of a stored picture, read from its first 512 KB.

    Raises NotFound, UnsupportedMedia, BadPicture.
    """
    return await app.compute.glance(sniff.sniff, await app.files.get(key, sniff.HEAD_BYTES))


async def sweep_uploads(app: App) -> int:
    """Check up to SWEPT_AT_ONCE files whose `expires_at` has passed, shared fairly among shops.

    When an upload's ticket expires, the upload is kept until UPLOAD_LIFE after the ticket was issued if it has arrived.
    If it has not, its storage is released, but it may still arrive within LATE_LIFE. After that, the object is deleted,
    and so is the row unless someone has used the photo. Returns how many files released storage.
    """
    freed = 0
    due = await queries.due_files(app.db, app.clock.now(), SWEPT_AT_ONCE)
    for _, group in groupby(due, key=lambda each: each.shop_id):
        files = list(group)
        for start in range(0, len(files), NAMED_AT_ONCE):
            freed += await _sweep(app, files[start : start + NAMED_AT_ONCE])
    return freed


async def _sweep(app: App, files: Sequence[Asset]) -> int:
    """Sweep files of one shop in one batch. If one of them changes meanwhile, all are checked again a minute later."""
    shop_id, now = files[0].shop_id, app.clock.now()
    yesterday = now - UPLOAD_LIFE
    awaited = [
        each for each in files if each.is_awaited and not each.is_lapsed and (each.created_at or now) > yesterday
    ]
    found = dict(zip(awaited, await asyncio.gather(*[app.files.stat(each.key) for each in awaited]), strict=True))
    arrived = {each: info.bytes for each, info in found.items() if info}
    missing = [each for each, info in found.items() if info is None]
    over = [each for each in files if each not in found]
    await app.files.delete(*[each.key for each in over])
    statements = [queries.set_arrived(each, size, now) for each, size in arrived.items()]
    if missing:
        statements.append(queries.expire_reservations(shop_id, [each.id for each in missing], now + LATE_LIFE, now))
    if unclaimed := [each.id for each in over if each.purpose == "upload" and not each.is_claimed]:
        statements.append(queries.delete_unclaimed(shop_id, unclaimed, now))
    if others := [each.id for each in over if each.id not in unclaimed]:
        statements.append(queries.mark_deleted(shop_id, others, now))
    freed = sum(each.bytes for each in (*missing, *over)) + sum(each.bytes - size for each, size in arrived.items())
    try:
        await app.db.batch(*statements, quotas.release_storage(shop_id, freed, now))
    except Refused as refused:
        app.log.info("sweep_put_off", shop=shop_id, reason=refused.code)
        return 0
    return len(missing) + len(over)


async def _count_late_upload(app: App, upload: Asset) -> None:
    """Count the bytes of an upload that arrived after its reservation had expired. Raises AppError 402."""
    info, now = await app.files.stat(upload.key), app.clock.now()
    if info is None:
        raise _missing()
    period = quotas.period_of(now, "UTC")  # unused: the ticket has created the shop's quota row
    try:
        await app.db.batch(
            *quotas.reserve_storage(upload.shop_id, info.bytes, period, now),
            queries.set_arrived(upload, info.bytes, now),
        )
    except Refused as refused:
        if refused.code != "changed":  # "changed" means that another request has counted the upload
            raise _storage_full(refused.code) from refused


def _missing() -> Unprocessable:
    return Unprocessable("The photo was not uploaded. Upload it again.", code="upload_missing")


def _storage_full(code: str) -> AppError:
    return AppError("This shop cannot accept more photos at the moment. Try again later.", code=code, status=402)
