"""ZIPs of the print files of many lines, with a packing list, and which lines were sent to the printer.

A shop has one ZIP at a time, which a job makes. It is streamed from storage into storage, counts against the shop's
storage, and is deleted after a day.
"""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterable, AsyncIterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from app import jobs, media, quotas
from app.core.app import App
from app.core.errors import AppError, NotFound, Refused, Unprocessable
from app.core.ids import new_id
from app.core.zip_stream import Entry, zip_stream
from app.jobs import Job, Lease
from app.personalization.model import OrderCard, PrintArchive
from app.personalization.order_lists import order_card
from app.personalization.packing_list import (
    PACKING_LIST,
    PackedLine,
    ReadyLine,
    Selection,
    file_names,
    packing_list,
    select_lines,
)
from app.personalization.print_files import FOLDER
from app.personalization.queries import print_archives as queries

PACK = "personalization.pack_prints"
LANE = quotas.Lane.MERCHANT
ARCHIVE = "print_archive"
"""The purpose of a ZIP's file, and the type of its owner."""
MOST_FILES = 500
FREE_SHARE = 2
"""A ZIP may take one part in so many of the shop's free storage, so that shoppers can still upload photos."""
ARCHIVE_LIFE = timedelta(days=1)
LINK_LIFE = timedelta(hours=1)
PROGRESS_STEP = 5
"""The progress is stored when it has grown by so many percent."""
NOTHING_READY = "There are no print files to download: none is ready, or all were marked as sent to the printer."
NO_ROOM = "The shop's storage is too full for a ZIP. Download the print files one by one."


async def request_archive(
    app: App, shop_id: str, *, with_sent: bool, since: datetime | None, until: datetime | None
) -> PrintArchive:
    """Queue a ZIP of the print files of ready lines, and replace the shop's previous one.

    Lines that were marked as sent to the printer are included only if `with_sent`. While a ZIP is being made, that one
    is returned. Raises Unprocessable if there are no such lines.
    """
    now = app.clock.now()
    if not await queries.ready_lines(app.db, shop_id, with_sent, since, until, 1):
        raise Unprocessable(NOTHING_READY, code="nothing_ready")
    wanted = PrintArchive(new_id(), shop_id, with_sent, since, until, created_at=now)
    job = jobs.new(PACK, shop_id, wanted.id, at=now, lane=LANE.value)
    try:
        await app.db.batch(*queries.delete_ended(shop_id, now), queries.insert(wanted), jobs.insert(job, now))
    except Refused as refused:
        found = await queries.archive(app.db, shop_id)
        if refused.code != "archive_open" or found is None:
            raise
        return found
    await app.queue.wake(job.id)
    return wanted


async def print_archive(app: App, shop_id: str) -> PrintArchive | None:
    """Return the shop's latest ZIP, or None if there is none."""
    return await queries.archive(app.db, shop_id)


def archive_link(app: App, archive: PrintArchive | None) -> str | None:
    """Return a short-lived link that downloads a ZIP, or None if its file does not exist."""
    if archive is None or archive.key is None or archive.completed_at is None:
        return None
    filename = f"artify-prints-{archive.completed_at:%Y-%m-%d-%H%M}.zip"
    return app.files.link(archive.key, expires_at=app.clock.now() + LINK_LIFE, filename=filename)


async def cancel_archive(app: App, shop_id: str, archive_id: str) -> None:
    """Cancel a ZIP, unless it has ended."""
    now, dedupe_key = app.clock.now(), f"{PACK}:{archive_id}"
    with suppress(Refused):
        await app.db.batch(
            queries.cancel(shop_id, archive_id, now),
            *quotas.release_slot_if(shop_id, LANE, jobs.is_running(shop_id, dedupe_key)),
            jobs.cancel(shop_id, dedupe_key, now),
        )
        await jobs.wake_next_in_line(app, shop_id, quotas.SLOTS[LANE])


async def mark_archive(app: App, shop_id: str, archive_id: str, *, sent: bool) -> None:
    """Mark the lines of a ZIP as sent to the printer, or undo that. A repeated request changes nothing.

    Raises NotFound if the shop's latest ZIP is another one.
    """
    found = await queries.archive(app.db, shop_id)
    if found is None or found.id != archive_id or found.completed_at is None:
        raise NotFound("This ZIP was replaced by a newer one. Reload the page.", code="archive_replaced")
    now = app.clock.now()
    if sent and found.sent_at is None:
        await app.db.batch(*queries.mark_archive_sent(shop_id, found, now))
    elif not sent and found.sent_at is not None:
        await app.db.batch(*queries.mark_archive_unsent(shop_id, found, now))


async def mark_line(app: App, shop_id: str, item_id: str, *, sent: bool) -> OrderCard:
    """Mark a line as sent to the printer, or undo that. Raises NotFound."""
    mark, now = queries.mark_sent if sent else queries.mark_unsent, app.clock.now()
    await app.db.batch(mark(shop_id, item_id, now))
    return await order_card(app, shop_id, item_id)


async def pack_prints(app: App, lease: Lease) -> None:
    """Make a ZIP (job). Nothing is left behind if the job fails or is cancelled."""
    shop_id, started = lease.job.shop_id, app.clock.now()
    archive = await queries.archive(app.db, shop_id)
    if archive is None or archive.id != lease.job.subject_id:
        raise Refused("archive_ended")
    selection = await _select(app, archive)
    packing = _Packing(app, archive, selection)
    await packing.proceed(1)
    stored = await media.store(
        app,
        shop_id,
        {ARCHIVE: media.Stream(zip_stream(packing.entries(), started), "application/zip")},
        folder=FOLDER,
        subject=archive.id,
        attempt=lease.attempt,
        owner=(ARCHIVE, archive.id),
        person=None,  # it belongs to the merchant; a deletion of a customer in it deletes the whole ZIP
        expires_at=app.clock.now() + ARCHIVE_LIFE,
    )
    now = app.clock.now()
    there = [each.line.asset_id for each in packing.packed if each.file]
    missing, asset_id = len(packing.packed) - len(there), stored.ids[ARCHIVE]
    try:
        await app.db.batch(
            *lease.finish(now),
            *stored.rows(now),
            queries.complete(shop_id, archive.id, asset_id, there, missing, selection.has_more, now),
        )
    except Refused:
        await stored.discard()
        raise


async def on_failure(app: App, job: Job, fault: AppError) -> Sequence[Any]:
    return [queries.fail(job.shop_id, job.subject_id, fault.message, app.clock.now())]


async def _select(app: App, archive: PrintArchive) -> Selection:
    """Return the lines that fit, oldest first. Raises Unprocessable if there are none."""
    query = archive.with_sent, archive.since, archive.until
    lines = await queries.ready_lines(app.db, archive.shop_id, *query, MOST_FILES + 1)
    if not lines:
        raise Unprocessable(NOTHING_READY, code="nothing_ready")
    quota = await quotas.quota(app.db, archive.shop_id)
    free = max(0, quota.storage_quota_bytes - quota.current_storage_bytes) if quota else 0
    selection = select_lines(lines, MOST_FILES, min(app.files.most_streamed, free // FREE_SHARE))
    if not selection.lines:
        raise Unprocessable(NO_ROOM, code="storage_full")
    return selection


@dataclass
class _Packing:
    """One attempt to make a ZIP. `packed` grows as the archive is read."""

    app: App
    archive: PrintArchive
    selection: Selection
    packed: list[PackedLine] = field(default_factory=list)
    stored_progress: int = 0

    async def entries(self) -> AsyncIterator[Entry]:
        """Yield the print files that exist, then the packing list, which also names those that do not."""
        done = 0
        for line, name in zip(self.selection.lines, file_names(self.selection.lines), strict=True):
            chunks, digest = await self._open(line), hashlib.sha256()
            if chunks is not None:
                yield name, _hashed(chunks, digest)
            self.packed.append(PackedLine(line, name if chunks else None, digest.hexdigest() if chunks else None))
            done += line.bytes
            await self._count(done)
        yield PACKING_LIST, _once(packing_list(self.packed))

    async def proceed(self, percent: int) -> None:
        """Store the progress. Raises Refused if the ZIP was cancelled."""
        self.stored_progress = percent
        now = self.app.clock.now()
        await self.app.db.batch(queries.proceed(self.archive.shop_id, self.archive.id, percent, now))

    async def _count(self, done: int) -> None:
        percent = min(99, done * 100 // max(1, self.selection.bytes))
        if percent >= self.stored_progress + PROGRESS_STEP:
            await self.proceed(percent)

    async def _open(self, line: ReadyLine) -> AsyncIterator[bytes] | None:
        if line.key is None:
            return None
        try:
            _, chunks = await self.app.files.open(line.key)
        except NotFound:
            self.app.log.warning("print_missing", item=line.item_id)
            return None
        return chunks


async def _hashed(chunks: AsyncIterable[bytes], digest: hashlib._Hash) -> AsyncIterator[bytes]:
    async for chunk in chunks:
        digest.update(chunk)
        yield chunk


async def _once(data: bytes) -> AsyncIterator[bytes]:
    yield data
