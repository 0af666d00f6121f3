"""Deletes data that is no longer needed, a few rows and objects every minute.

Each sweep stores its position in a cursor, and starts a new round at most once per day, so that idle shops cost little.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from app import quotas, shops
from app.core.app import App
from app.core.errors import Refused
from app.core.ports.database import Row
from app.privacy.model import GONE_LIFE, ORPHAN_AGE, preview_life
from app.privacy.personal_data import PersonalData, all_personal_data
from app.privacy.queries import retention

ROUND = timedelta(days=1)
SHOPS_AT_ONCE = 20
PREVIEWS_AT_ONCE = 50
OBJECTS_AT_ONCE = 1000
"""Objects compared with the database per minute: as many as S3 and R2 list in one call."""
FILES_AT_ONCE = 200
"""Files looked for in the storage per minute, with one call each. A Cloudflare worker may make 1,000 calls to storage
and database per run, which the sweeps of a minute share."""
CALLS_AT_ONCE = 20
DELETED_AT_ONCE = 500
FILE_ROWS_AT_ONCE = 50
"""Rows of files deleted in one transaction: for each, a dozen columns that may refer to it are searched."""
SESSIONS_AT_ONCE = 500
ROWS_AT_ONCE = 500
"""Rows deleted in one transaction. Of each table, one transaction runs per minute, except for the rate limits."""
LIMITS_AT_ONCE = 50_000
"""Rate-limit rows deleted per minute: as many as 3000 tickets and 600 previews per minute create if each comes from a
different sender, so that rows do not accumulate during a flood."""


@dataclass(frozen=True)
class _Step:
    """The result of one step of a sweep: the cursor for the next step, or None if the round has ended, and a count."""

    cursor: str | None
    count: int


async def sweep(app: App) -> int:
    """Run one step of every sweep; return how many rows and objects were removed or corrected.

    The positions of all rounds are stored in one batch, even if one of them fails.
    """
    now, moved = app.clock.now(), list[Any]()
    count = await _delete_aged(app, now)
    rounds = await retention.progress(app.db, list(SWEEPS))
    try:
        for name, step in SWEEPS.items():
            last = rounds.get(name)
            if last and last["cursor"] is None and last["begun_at"] + ROUND > now:
                continue
            current = last if last and last["cursor"] is not None else None
            done = await step(app, current["cursor"] if current else "", now)
            count += done.count
            moved.append(retention.advance(name, done.cursor, current["begun_at"] if current else now, now))
    finally:
        if moved:
            await app.db.batch(*moved)
    return count


async def _delete_aged(app: App, now: datetime) -> int:
    """Delete rows that go with age alone, in short transactions, and none if nothing has expired."""
    count, tables = 0, list(retention.Aged)
    found = await app.db.batch(*[retention.any_aged(now, table) for table in tables])
    for table, expired in zip(tables, found, strict=True):
        left = (LIMITS_AT_ONCE if table is retention.Aged.RATE_LIMITS else ROWS_AT_ONCE) if expired.rows else 0
        while left > 0:
            (deleted,) = await app.db.batch(retention.delete_aged(now, table, ROWS_AT_ONCE))
            count += deleted.rowcount
            left = left - ROWS_AT_ONCE if deleted.rowcount == ROWS_AT_ONCE else 0
    return count


async def _previews(app: App, after: str, now: datetime) -> _Step:
    """Empty items that were never ordered and have reached the shop's retention period.

    If a shop has more than PREVIEWS_AT_ONCE, the next step continues with the same shop.
    """
    found = await retention.shops_after(app.db, after, SHOPS_AT_ONCE)
    left = PREVIEWS_AT_ONCE
    for shop in found:
        untouched_since = now - preview_life(shop["settings"])
        for data in all_personal_data(app.capabilities):
            old = await data.unwanted(app.db, shop["id"], untouched_since, left)
            for item_id in old:
                await _empty(app, data, shop["id"], item_id, now)
            left -= len(old)
            if left == 0:
                return _Step(after, PREVIEWS_AT_ONCE)
        after = shop["id"]
    return _Step(after if len(found) == SHOPS_AT_ONCE else None, PREVIEWS_AT_ONCE - left)


async def _empty(app: App, data: PersonalData, shop_id: str, item_id: str, now: datetime) -> None:
    """Empty an item's row, then delete its objects, so that an order that arrives meanwhile keeps its picture."""
    files = await data.fading_files(app.db, shop_id, item_id)
    forget = [retention.forget_asset(shop_id, row["id"], now) for row in files]
    release = quotas.release_storage(shop_id, sum(row["bytes"] for row in files), now)
    try:
        await app.db.batch(data.empty(shop_id, item_id, now), *forget, release)
    except Refused as refused:
        app.log.info("preview_kept", preview=item_id, reason=refused.code)
        return
    await app.files.delete(*[row["key"] for row in files])


async def _objects(app: App, after: str, now: datetime) -> _Step:
    """Delete objects older than ORPHAN_AGE that no row records."""
    found = await app.files.list("", after, OBJECTS_AT_ONCE)
    old = [each.key for each in found if each.modified_at <= now - ORPHAN_AGE]
    known = await retention.known_keys(app.db, old) if old else set()
    orphans = [key for key in old if key not in known]
    if orphans:
        await app.files.delete(*orphans)
        app.log.info("orphans_deleted", count=len(orphans))
    return _Step(found[-1].key if len(found) == OBJECTS_AT_ONCE else None, len(orphans))


async def _files(app: App, after: str, now: datetime) -> _Step:
    """Mark files whose object is missing as deleted, and release their storage."""
    found = await retention.assets_after(app.db, after, now - ORPHAN_AGE, FILES_AT_ONCE)
    missing = await _missing(app, found)
    for row in missing:
        app.log.warning("object_missing", shop=row["shop_id"], asset=row["id"])
    return _Step(str(found[-1]["id"]) if len(found) == FILES_AT_ONCE else None, await _forget(app, missing, now))


async def _deleted(app: App, after: str, now: datetime) -> _Step:
    """Delete rows of files that were deleted GONE_LIFE ago, except those that something still needs."""
    personal, before = all_personal_data(app.capabilities), now - GONE_LIFE
    found = await retention.deleted_files(app.db, after, before, DELETED_AT_ONCE, personal)
    count, over = 0, [row["id"] for row in found if row["is_over"]]
    for start in range(0, len(over), FILE_ROWS_AT_ONCE):
        some = over[start : start + FILE_ROWS_AT_ONCE]
        (deleted,) = await app.db.batch(retention.delete_file_rows(some, before, personal))
        count += deleted.rowcount
    return _Step(str(found[-1]["id"]) if len(found) == DELETED_AT_ONCE else None, count)


async def _sessions(app: App, after: str, now: datetime) -> _Step:
    """Delete expired guest sessions in which nothing was made that still exists.

    The other ones stay, because a redaction finds by them what one customer made in a browser.
    """
    personal = all_personal_data(app.capabilities)
    found = await retention.old_sessions(app.db, after, now - shops.GUEST_LIFE, SESSIONS_AT_ONCE, personal)
    count = 0
    if unused := [row["id"] for row in found if not row["used"]]:
        (deleted,) = await app.db.batch(retention.delete_sessions(unused, now, personal))
        count = deleted.rowcount
    return _Step(str(found[-1]["id"]) if len(found) == SESSIONS_AT_ONCE else None, count)


async def _missing(app: App, rows: Sequence[Row]) -> list[Row]:
    """Return the rows whose object is missing."""
    missing: list[Row] = []
    for start in range(0, len(rows), CALLS_AT_ONCE):
        some = rows[start : start + CALLS_AT_ONCE]
        found = await asyncio.gather(*[app.files.stat(row["key"]) for row in some])
        missing += [row for row, info in zip(some, found, strict=True) if info is None]
    return missing


async def _forget(app: App, missing: Sequence[Row], now: datetime) -> int:
    count = 0
    for row in missing:
        with suppress(Refused):
            await app.db.batch(
                retention.forget_asset(row["shop_id"], row["id"], now),
                quotas.release_storage(row["shop_id"], row["bytes"], now),
            )
            count += 1
    return count


async def _counters(app: App, after: str, now: datetime) -> _Step:
    """Compare each shop's storage counter with the size of its files, and correct it if they differ."""
    found = await retention.drift(app.db, after, SHOPS_AT_ONCE)
    wrong = [row for row in found if row["counted"] != row["held"]]
    for row in wrong:
        app.log.warning("storage_drift", shop=row["shop_id"], counted=row["counted"], held=int(row["held"]))
        await app.db.batch(retention.correct_counter(row["shop_id"], row["counted"], int(row["held"]), now))
    return _Step(str(found[-1]["shop_id"]) if len(found) == SHOPS_AT_ONCE else None, len(wrong))


SWEEPS: dict[str, Callable[[App, str, datetime], Awaitable[_Step]]] = {
    "previews": _previews,
    "objects": _objects,
    "files": _files,
    "deleted": _deleted,
    "sessions": _sessions,
    "counters": _counters,
}
