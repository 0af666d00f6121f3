"""A shopper deletes their photo, and with it every design that was made of it."""

from __future__ import annotations

from datetime import datetime

from app import generation, jobs
from app.core.app import App
from app.core.errors import AppError, Conflict, NotFound, Refused, Unavailable
from app.jobs import Job, Lease
from app.privacy import queries
from app.privacy.model import Design
from app.privacy.people import delete_objects, stopping
from app.privacy.traces import scrub
from app.shops import Visitor

JOB = "privacy.empty_photo"
MOST_DESIGNS = 5000
"""So many are deleted at once: the ids of their files, up to four each, stay below the megabyte of a value on D1."""
DESIGNS_A_JOB = 40
"""A worker may call the storage 1,000 times a job, and each design takes several calls."""
TRIES = 5
"""How often it is begun anew at once, when a preview was done in that moment."""


async def delete_photo(app: App, visitor: Visitor, preview_id: str) -> list[str]:
    """The previews that are gone, by id; their objects go by jobs.

    Raises NotFound, and Conflict when one was ordered: then the shop decides.
    """
    for _ in range(TRIES):
        designs = await _designs(app, visitor, preview_id)
        try:
            await _delete(app, visitor.shop.id, preview_id, designs)
        except Refused as refused:
            if refused.code == "ordered":
                sentence = "A design made from this photo was ordered. Ask the shop to delete it."
                raise Conflict(sentence, code=refused.code) from refused
        else:
            return [each.id for each in designs]
    raise Unavailable("This photo changed in the meantime. Try again.", code="photo_busy")


async def empty_photo(app: App, lease: Lease) -> None:
    """The job: the objects, then the rows that knew them, and this job's own."""
    shop_id, named = lease.job.shop_id, lease.job.payload or {}
    keys = await queries.keys_of(app.db, shop_id, named["files"])
    await delete_objects(app, shop_id, named["designs"], keys)
    now = app.clock.now()
    await app.db.batch(
        *lease.finish(now),
        *queries.delete_assets(shop_id, named["files"], now),
        queries.forget_jobs(shop_id, [lease.job.subject_id]),
    )
    await scrub(app)


async def give_up(app: App, job: Job, fault: AppError) -> list[object]:
    """The sweep of objects that no row counts finds what is left."""
    return []


async def _designs(app: App, visitor: Visitor, preview_id: str) -> list[Design]:
    designs = (await queries.designs_of_photo(app.db, visitor.shop.id, preview_id, visitor.owners))[:MOST_DESIGNS]
    if not designs:
        raise NotFound()
    return designs


async def _delete(app: App, shop_id: str, preview_id: str, designs: list[Design]) -> None:
    """Out of sight and uncounted. Refused with `ordered`, or `moved_on` when a preview was done meanwhile."""
    now, ids = app.clock.now(), [each.id for each in designs]
    files = await queries.files_of_photo(app.db, shop_id, ids)
    emptying = _emptying(shop_id, ids, files, now)
    await app.db.batch(
        *stopping(shop_id, designs, now),
        queries.delete_photo(shop_id, ids),
        queries.forget_jobs(shop_id, ids),
        generation.release_storage(shop_id, queries.live_bytes(shop_id, files), now),
        queries.mark_deleted(shop_id, files, now),
        queries.audit(shop_id, "shopper", "photo_deleted", preview_id, now),
        *[jobs.insert(job, now) for job in emptying],
    )
    await app.queue.wake(*[job.id for job in emptying])


def _emptying(shop_id: str, design_ids: list[str], files: list[str], now: datetime) -> list[Job]:
    """Jobs that delete the objects of these designs, each of a part of them, and of a like part of the files."""
    parts = [design_ids[at : at + DESIGNS_A_JOB] for at in range(0, len(design_ids), DESIGNS_A_JOB)]
    return [
        jobs.new(JOB, shop_id, part[0], at=now, payload={"designs": part, "files": files[at :: len(parts)]})
        for at, part in enumerate(parts)
    ]
