"""Print files that a print worker makes: what it is told, where it sends its file, and what is believed of it."""

from __future__ import annotations

from datetime import timedelta

from app import media
from app.core.app import App
from app.core.errors import AppError, Refused, Unprocessable
from app.core.pictures import PRINT_MIMES, PrintSpec
from app.core.ports import UploadTicket
from app.jobs import Delivery, Lease, Parcel, PrintTask
from app.personalization import queries
from app.personalization.model import StoredPrint
from app.personalization.print_files import Ingredients, ingredients, is_recorded, print_key, record

LINK_LIFE = timedelta(minutes=15)
_FIRST_BYTES = {"image/tiff": (b"II*\0", b"II+\0", b"MM\0*", b"MM\0+"), "application/pdf": (b"%PDF-",)}


async def order_print(app: App, lease: Lease) -> PrintTask | None:
    """The approved master at a signed address, and the print wanted of it; None when the line has its print."""
    now = app.clock.now()
    parts = await ingredients(app, lease.job.shop_id, lease.job.subject_id)
    if parts.item.print_asset_id:
        await app.db.batch(*lease.finish(now))
        return None
    await app.db.batch(queries.set_item_state(lease.job.shop_id, parts.item.id, "printing", None, now))
    ends, profile = now + LINK_LIFE, parts.size.profile_key
    profile_url = app.files.link(profile, expires_at=ends) if profile else None
    return PrintTask(app.files.link(parts.master.key, expires_at=ends), parts.spec, profile_url)


async def open_print_upload(app: App, lease: Lease, parcel: Parcel) -> UploadTicket:
    """For a file of this attempt, of the type that was ordered. Raises NotFound, Unprocessable."""
    spec = (await ingredients(app, lease.job.shop_id, lease.job.subject_id)).spec
    if parcel.mime != spec.mime or not 0 < parcel.bytes <= spec.most_bytes:
        raise _wrong()
    ends = app.clock.now() + LINK_LIFE
    return app.files.upload_ticket(print_key(lease, spec.mime), mime=parcel.mime, size=parcel.bytes, expires_at=ends)


async def record_print(app: App, lease: Lease, delivery: Delivery) -> None:
    """The file is looked at before it counts. Raises NotFound, Refused, Unprocessable."""
    job = lease.job
    if await is_recorded(app, job.shop_id, job.subject_id, *_keys(lease)):  # the answer to the first report was lost
        return
    if not lease.held:
        raise Refused("lease_lost")
    parts = await ingredients(app, job.shop_id, job.subject_id)
    key = print_key(lease, parts.spec.mime)
    await _check(app, key, parts.spec, delivery)
    started = app.clock.now() - timedelta(milliseconds=delivery.took_ms)
    await record(app, lease, parts, _stored(key, parts, delivery), started)


async def discard_print(app: App, lease: Lease) -> None:
    """Remove this attempt's file, unless it is the line's print."""
    keys = _keys(lease)
    if not await is_recorded(app, lease.job.shop_id, lease.job.subject_id, *keys):
        await app.files.delete(*keys)


def _keys(lease: Lease) -> list[str]:
    """Where this attempt's file may lie: its line, and so its type, can be gone."""
    return [print_key(lease, mime) for mime in sorted(set(PRINT_MIMES.values()))]


async def _check(app: App, key: str, spec: PrintSpec, delivery: Delivery) -> None:
    """Type and size as storage keeps them, and exact pixels by the header: nothing is decoded.

    TIFF and PDF say their pixels anywhere in the file: of these the first bytes must do.
    """
    info = await app.files.stat(key)
    if info is None:
        raise Unprocessable("The print file was not uploaded.", code="print_missing")
    if (info.bytes, info.mime) != (delivery.bytes, spec.mime):
        raise _wrong()
    if spec.mime in _FIRST_BYTES:
        if not (await app.files.get(key, 5)).startswith(_FIRST_BYTES[spec.mime]):
            raise _wrong()
        return
    try:
        header = await media.read_header(app, key)
    except AppError as fault:
        if fault.retryable:
            raise
        raise _wrong() from fault
    if (header.mime, header.size) != (spec.mime, spec.full_size):
        raise _wrong()


def _stored(key: str, parts: Ingredients, delivery: Delivery) -> StoredPrint:
    spec, width, height = parts.spec, parts.master.width or 1, parts.master.height or 1
    return StoredPrint(
        key=key,
        mime=spec.mime,
        bytes=delivery.bytes,
        sha256=delivery.sha256,
        width=spec.full_size[0],
        height=spec.full_size[1],
        engine=delivery.engine,
        factor=spec.enlargement(width, height),
        source_width=width,
        source_height=height,
        tiles=delivery.tiles,
        tiles_fell_back=delivery.tiles_fell_back,
    )


def _wrong() -> Unprocessable:
    return Unprocessable("The print file does not match the order.", code="wrong_print")
