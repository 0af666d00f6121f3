"""Uploads: a ticket for exactly one file, straight to storage, and a look at its header before any use."""

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
"""Files a minute. A hundred addresses that hold all the tickets they may are swept in five minutes."""
NAMED_AT_ONCE = 40
"""Files in one batch: one that changes meanwhile puts off no more than these."""
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
    mime = check_wish(wish)
    now, upload_id = app.clock.now(), new_id()
    asset = Asset(
        id=upload_id,
        shop_id=shop_id,
        key=f"{shop_id}/uploads/{upload_id}/original_1.bin",  # what it is, is not known yet
        purpose="upload",
        filename=None,  # a file's name can be a person's
        mime=mime,
        bytes=wish.bytes,
        expires_at=now + TICKET_LIFE,
    )
    period = quotas.period_of(now, timezone)
    try:
        await app.db.batch(*quotas.reserve_storage(shop_id, wish.bytes, period, now), queries.insert_asset(asset, now))
    except Refused as refused:
        raise _full(refused.code) from refused
    ticket = app.files.upload_ticket(asset.key, mime=asset.mime, size=asset.bytes, expires_at=now + TICKET_LIFE)
    return Upload(upload_id, ticket)


def check_wish(wish: UploadWish) -> str:
    """The type that is expected of a file that may be sent. Raises UnsupportedMedia, TooLarge, Unprocessable."""
    mime = wish.expected_type
    if wish.bytes > MAX_UPLOAD_BYTES:
        raise TooLarge(f"This photo is too large. Choose one under {MAX_UPLOAD_BYTES // 1024**2} MB.")
    if wish.bytes <= 0:
        raise Unprocessable("This file is empty. Choose another photo.", code="empty_file")
    return mime


async def read_upload(app: App, asset: Asset | None) -> tuple[Asset, sniff.Header]:
    """An upload that has arrived and whose header is good, under its real type; no pixel is decoded.

    Raises NotFound, UnsupportedMedia, BadPicture, AppError 402.
    """
    if asset is None or asset.purpose != "upload":
        raise NotFound("This photo is no longer available. Choose it again.", code="upload_missing")
    if _is_over(asset, app.clock.now()):
        raise NotFound("This photo has expired. Choose it again.", code="upload_expired")
    try:
        header = await read_header(app, asset.key)
    except NotFound as fault:
        raise _missing() from fault
    sniff.check(header)
    asset = replace(asset, mime=header.mime)
    if asset.is_lapsed:
        await _count_late(app, asset)
    return asset, header


def _is_over(asset: Asset, now: datetime) -> bool:
    """Whether the sweep may take it any moment. An upload whose ticket has ended may yet be used."""
    longer = LATE_LIFE if asset.is_awaited and not asset.is_lapsed else timedelta(0)
    return asset.expires_at is not None and asset.expires_at + longer <= now


async def read_header(app: App, key: str) -> sniff.Header:
    """Format and pixels of a stored picture, by its first 512 KB. Raises NotFound, UnsupportedMedia, BadPicture."""
    return await app.compute.glance(sniff.sniff, await app.files.get(key, sniff.HEAD_BYTES))


async def sweep_uploads(app: App) -> int:
    """Look at files whose time has come, SWEPT_AT_ONCE of them, fairly by shop; how many gave storage back.

    When its ticket ends, an upload that has come is kept for its day; one that has not stops holding storage, and may
    still come late. After LATE_LIFE, or its day, it is deleted, and the row goes unless a person's designs need it.
    """
    freed = 0
    due = await queries.due_files(app.db, app.clock.now(), SWEPT_AT_ONCE)
    for _, group in groupby(due, key=lambda each: each.shop_id):
        files = list(group)
        for start in range(0, len(files), NAMED_AT_ONCE):
            freed += await _sweep(app, files[start : start + NAMED_AT_ONCE])
    return freed


async def _sweep(app: App, files: Sequence[Asset]) -> int:
    """Files of one shop, in one batch; a shop whose files changed meanwhile is looked at again in the next minute."""
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
        statements.append(queries.lapse(shop_id, [each.id for each in missing], now + LATE_LIFE, now))
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


async def _count_late(app: App, upload: Asset) -> None:
    """Count an upload that came after its reservation had ended. Raises AppError 402."""
    info, now = await app.files.stat(upload.key), app.clock.now()
    if info is None:
        raise _missing()
    period = quotas.period_of(now, "UTC")  # of a row that its ticket has made
    try:
        await app.db.batch(
            *quotas.reserve_storage(upload.shop_id, info.bytes, period, now),
            queries.set_arrived(upload, info.bytes, now),
        )
    except Refused as refused:
        if refused.code != "changed":  # or another request has counted it
            raise _full(refused.code) from refused


def _missing() -> Unprocessable:
    return Unprocessable("The photo was not uploaded. Upload it again.", code="upload_missing")


def _full(code: str) -> AppError:
    return AppError("This shop cannot accept more photos at the moment. Try again later.", code=code, status=402)
