"""A shopper deletes their photo, and with it everything that was made of it."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Any

from app import jobs, quotas
from app.core.app import App
from app.core.errors import AppError, Conflict, NotFound, Refused, Unavailable
from app.core.read_batch import ReadBatch
from app.jobs import Job, Lease
from app.privacy.customer_redaction import delete_objects, stopping
from app.privacy.model import Made
from app.privacy.personal_data import PersonalData, all_personal_data
from app.privacy.queries import customer_redaction, requests
from app.privacy.queries import photos as photo_queries
from app.privacy.traces import scrub
from app.shops import Visitor

JOB = "privacy.empty_photo"
MOST_ITEMS = 5000
"""So many of each capability are deleted at once: the ids of their files, up to four each, stay below the megabyte of a
value on D1."""
ITEMS_A_JOB = 40
"""A worker may call the storage 1,000 times a job, and each item takes several calls."""
TRIES = 5
"""How often it is begun anew at once, when one was done in that moment."""


async def delete_photo(app: App, visitor: Visitor, item_id: str) -> list[str]:
    """The items that are gone, by id.

    Their objects go by jobs. Raises NotFound, and Conflict when one was ordered: then the shop decides.
    """
    for _ in range(TRIES):
        items = await _items(app, visitor, item_id)
        try:
            await _delete(app, visitor.shop.id, item_id, items)
        except Refused as refused:
            if refused.code == "ordered":
                sentence = "A design made from this photo was ordered. Ask the shop to delete it."
                raise Conflict(sentence, code=refused.code) from refused
        else:
            return [item.id for _, some in items for item in some]
    raise Unavailable("This photo changed in the meantime. Try again.", code="photo_busy")


async def empty_photo(app: App, lease: Lease) -> None:
    """The job: the objects, then the rows that knew them, and this job's own."""
    shop_id, named = lease.job.shop_id, lease.job.payload or {}
    personal = all_personal_data(app.capabilities)
    keys = await photo_queries.keys_of(app.db, shop_id, named["files"])
    await app.files.delete(*keys)
    folders = [named["folder"]] if "folder" in named else [each.folder for each in personal]  # as earlier versions did
    for folder in folders:
        await delete_objects(app, shop_id, folder, named["designs"], [])
    now = app.clock.now()
    await app.db.batch(
        *lease.finish(now),
        *customer_redaction.delete_assets(shop_id, named["files"], now, personal),
        customer_redaction.forget_jobs(shop_id, [lease.job.subject_id]),
    )
    await scrub(app)


async def on_failure(app: App, job: Job, fault: AppError) -> list[object]:
    """The sweep of objects that no row counts finds what is left."""
    return []


async def _items(app: App, visitor: Visitor, item_id: str) -> list[tuple[PersonalData, list[Made]]]:
    """What was made of the photo of an item of the visitor's, by who made it, MOST_ITEMS at most. Raises NotFound."""
    personal, shop_id, owners = all_personal_data(app.capabilities), visitor.shop.id, visitor.owners
    photos = [each.photo_of(shop_id, item_id, owners) for each in personal]
    known, at_once = [each for each in photos if each is not None], ReadBatch(app.db)
    found = await asyncio.gather(
        *[each.items_of_photo(at_once, shop_id, item_id, known, owners, MOST_ITEMS) for each in personal]
    )
    if not any(found):
        raise NotFound()
    return [(data, items) for data, items in zip(personal, found, strict=True) if items]


async def _delete(app: App, shop_id: str, item_id: str, found: list[tuple[PersonalData, list[Made]]]) -> None:
    """Out of sight and uncounted. Refused with `ordered`, or `moved_on` when an item was done meanwhile."""
    now, statements, emptying, at_once = app.clock.now(), list[Any](), list[Job](), ReadBatch(app.db)
    ids = [[each.id for each in items] for _, items in found]
    files = await asyncio.gather(
        *[data.files_of(at_once, shop_id, some) for (data, _), some in zip(found, ids, strict=True)]
    )
    for (data, items), item_ids, file_ids in zip(found, ids, files, strict=True):
        emptying += _emptying(shop_id, data.folder, item_ids, file_ids, now)
        statements += [
            *stopping(data, shop_id, items, now),
            data.delete_unordered(shop_id, item_ids),
            customer_redaction.forget_jobs(shop_id, item_ids),
            quotas.release_storage(shop_id, customer_redaction.live_bytes(shop_id, file_ids), now),
            photo_queries.mark_deleted(shop_id, file_ids, now),
        ]
    await app.db.batch(
        *statements,
        requests.audit(shop_id, "shopper", "photo_deleted", item_id, now),
        *[jobs.insert(job, now) for job in emptying],
    )
    await app.queue.wake(*[job.id for job in emptying])


def _emptying(shop_id: str, folder: str, item_ids: list[str], files: list[str], now: datetime) -> list[Job]:
    """Jobs that delete the objects of these items, each of a part of them, and of a like part of the files."""
    parts = [item_ids[at : at + ITEMS_A_JOB] for at in range(0, len(item_ids), ITEMS_A_JOB)]
    return [
        jobs.new(
            JOB,
            shop_id,
            part[0],
            at=now,
            payload={"folder": folder, "designs": part, "files": files[at :: len(parts)]},
        )
        for at, part in enumerate(parts)
    ]
