"""Deletes data that is no longer needed, a few rows and objects every minute.

Each sweep stores its position in a cursor, and starts a new round at most once per day, so that idle shops cost little.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from app import quotas
from app.core.app import App
from app.core.errors import Refused
from app.core.ports.database import Row
from app.privacy.model import GONE_LIFE, ORPHAN_AGE, preview_life
from app.privacy.personal_data import PersonalData, all_personal_data
from app.privacy.queries import retention

ROUND = timedelta(days=1)
SHOPS_AT_ONCE = 20
PREVIEWS_AT_ONCE = 50
OBJECTS_AT_ONCE = 90
"""Keys in one statement. A statement on D1 takes at most a hundred values."""
FILES_AT_ONCE = 40
UPLOADS_AT_ONCE = 90
ROWS_AT_ONCE = 500
LIMITS_AT_ONCE = 50_000
"""Rate-limit rows deleted per minute: as many as 3000 tickets and 600 previews per minute create if each comes from a
different sender, so that rows do not accumulate during a flood."""


@dataclass(frozen=True)
class _Step:
    """The result of one step of a sweep: the cursor for the next step, or None if the round has ended, and a count."""

    cursor: str | None
    count: int


async def sweep(app: App) -> int:
    """Run one step of every sweep; return how many rows and objects were removed or corrected."""
    now = app.clock.now()
    aged = retention.delete_aged(now, ROWS_AT_ONCE, LIMITS_AT_ONCE, all_personal_data(app.capabilities))
    count = sum(result.rowcount for result in await app.db.batch(*aged))
    rounds = await retention.progress(app.db, list(SWEEPS))
    for name, step in SWEEPS.items():
        last = rounds.get(name)
        if last and last["cursor"] is None and last["begun_at"] + ROUND > now:
            continue
        current = last if last and last["cursor"] is not None else None
        done = await step(app, current["cursor"] if current else "", now)
        count += done.count
        await app.db.batch(retention.advance(name, done.cursor, current["begun_at"] if current else now, now))
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


async def _uploads(app: App, after: str, now: datetime) -> _Step:
    """Delete rows of deleted photos from which no item has pictures.

    The other rows stay, because "delete my photo" finds what was made from a photo by its row.
    """
    personal = all_personal_data(app.capabilities)
    found = await retention.gone_uploads(app.db, after, now - GONE_LIFE, UPLOADS_AT_ONCE, personal)
    ids: dict[str, list[str]] = {}
    for row in found:
        ids.setdefault(row["shop_id"], []).append(row["id"])
    if ids:
        await app.db.batch(*[retention.delete_gone_uploads(shop_id, each, personal) for shop_id, each in ids.items()])
    return _Step(str(found[-1]["id"]) if len(found) == UPLOADS_AT_ONCE else None, len(found))


async def _missing(app: App, rows: Sequence[Row]) -> list[Row]:
    """Return the rows whose object is missing."""
    return [row for row in rows if await app.files.stat(row["key"]) is None]


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
    "uploads": _uploads,
    "counters": _counters,
}
