"""What nobody needs any more goes by itself: a few rows and objects in each minute, round after round.

Each sweep keeps its place in a cursor and begins a new round at most once a day, so that an idle shop costs little.
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
"""Keys that one statement names: one on D1 takes at most a hundred values."""
FILES_AT_ONCE = 40
UPLOADS_AT_ONCE = 90
ROWS_AT_ONCE = 500
LIMITS_AT_ONCE = 50_000
"""As many as 3000 tickets and 600 previews a minute make, each of another sender, so that a flood leaves no growing
heap."""


@dataclass(frozen=True)
class _Share:
    """Where the next minute goes on, None when the round has ended, and how much was done."""

    cursor: str | None
    count: int


async def sweep(app: App) -> int:
    """One minute's share of every sweep; how many rows and objects it removed or put right."""
    now = app.clock.now()
    aged = retention.delete_aged(now, ROWS_AT_ONCE, LIMITS_AT_ONCE, all_personal_data(app.capabilities))
    count = sum(result.rowcount for result in await app.db.batch(*aged))
    places = await retention.progress(app.db, list(SWEEPS))
    for name, step in SWEEPS.items():
        place = places.get(name)
        if place and place["cursor"] is None and place["begun_at"] + ROUND > now:
            continue
        going_on = place if place and place["cursor"] is not None else None
        done = await step(app, going_on["cursor"] if going_on else "", now)
        count += done.count
        await app.db.batch(retention.advance(name, done.cursor, going_on["begun_at"] if going_on else now, now))
    return count


async def _previews(app: App, after: str, now: datetime) -> _Share:
    """Empty items that nobody ordered and whose time is over; a shop with many is visited again at once."""
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
                return _Share(after, PREVIEWS_AT_ONCE)
        after = shop["id"]
    return _Share(after if len(found) == SHOPS_AT_ONCE else None, PREVIEWS_AT_ONCE - left)


async def _empty(app: App, data: PersonalData, shop_id: str, item_id: str, now: datetime) -> None:
    """The row first: an order that comes in this moment keeps its picture."""
    files = await data.fading_files(app.db, shop_id, item_id)
    forget = [retention.forget_asset(shop_id, row["id"], now) for row in files]
    release = quotas.release_storage(shop_id, sum(row["bytes"] for row in files), now)
    try:
        await app.db.batch(data.empty(shop_id, item_id, now), *forget, release)
    except Refused as refused:
        app.log.info("preview_kept", preview=item_id, reason=refused.code)
        return
    await app.files.delete(*[row["key"] for row in files])


async def _objects(app: App, after: str, now: datetime) -> _Share:
    """Delete objects that no row names and that are older than a day."""
    found = await app.files.list("", after, OBJECTS_AT_ONCE)
    old = [each.key for each in found if each.modified_at <= now - ORPHAN_AGE]
    known = await retention.known_keys(app.db, old) if old else set()
    orphans = [key for key in old if key not in known]
    if orphans:
        await app.files.delete(*orphans)
        app.log.info("orphans_deleted", count=len(orphans))
    return _Share(found[-1].key if len(found) == OBJECTS_AT_ONCE else None, len(orphans))


async def _files(app: App, after: str, now: datetime) -> _Share:
    """Mark files whose object is gone, and give their storage back."""
    found = await retention.assets_after(app.db, after, now - ORPHAN_AGE, FILES_AT_ONCE)
    missing = await _missing(app, found)
    for row in missing:
        app.log.warning("object_missing", shop=row["shop_id"], asset=row["id"])
    return _Share(str(found[-1]["id"]) if len(found) == FILES_AT_ONCE else None, await _forget(app, missing, now))


async def _uploads(app: App, after: str, now: datetime) -> _Share:
    """Delete rows of photos that are gone and of which no item has pictures.

    The others stay, because "delete my photo" finds what was made of a photo by its row.
    """
    personal = all_personal_data(app.capabilities)
    found = await retention.gone_uploads(app.db, after, now - GONE_LIFE, UPLOADS_AT_ONCE, personal)
    ids: dict[str, list[str]] = {}
    for row in found:
        ids.setdefault(row["shop_id"], []).append(row["id"])
    if ids:
        await app.db.batch(*[retention.delete_gone_uploads(shop_id, each, personal) for shop_id, each in ids.items()])
    return _Share(str(found[-1]["id"]) if len(found) == UPLOADS_AT_ONCE else None, len(found))


async def _missing(app: App, rows: Sequence[Row]) -> list[Row]:
    """Those whose object is not there."""
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


async def _counters(app: App, after: str, now: datetime) -> _Share:
    """Compare what each shop is said to store with its files, and put right what differs."""
    found = await retention.drift(app.db, after, SHOPS_AT_ONCE)
    wrong = [row for row in found if row["counted"] != row["held"]]
    for row in wrong:
        app.log.warning("storage_drift", shop=row["shop_id"], counted=row["counted"], held=int(row["held"]))
        await app.db.batch(retention.count_again(row["shop_id"], row["counted"], int(row["held"]), now))
    return _Share(str(found[-1]["shop_id"]) if len(found) == SHOPS_AT_ONCE else None, len(wrong))


SWEEPS: dict[str, Callable[[App, str, datetime], Awaitable[_Share]]] = {
    "previews": _previews,
    "objects": _objects,
    "files": _files,
    "uploads": _uploads,
    "counters": _counters,
}
