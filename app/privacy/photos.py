"""Deletes a shopper's photo at their request, and everything that was made from it."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Any

from app import jobs, quotas
from app.core.app import App
from app.core.errors import AppError, Conflict, NotFound, Refused, Unavailable
from app.core.read_batch import ReadBatch
from app.jobs import Job, Lease
from app.privacy.customer_redaction import delete_objects, stop_items
from app.privacy.deleted_rows import scrub
from app.privacy.model import Made
from app.privacy.personal_data import PersonalData, all_personal_data
from app.privacy.queries import customer_redaction, requests
from app.privacy.queries import photos as photo_queries
from app.shops import Visitor

JOB = "privacy.empty_photo"
MOST_ITEMS = 5000
"""Items of each capability that one request deletes. The ids of their files, up to four per item, fit into the megabyte
that D1 allows for a value."""
ITEMS_A_JOB = 40
"""A Cloudflare worker may make 1,000 calls to storage per job, and each item takes several."""
TRIES = 5
"""Attempts in one request. An attempt fails if an item completes at that moment."""


async def delete_photo(app: App, visitor: Visitor, item_id: str) -> list[str]:
    """Delete an item of the visitor, its photo, and all other items made from that photo; return the items' ids.

    Jobs delete the objects. Raises NotFound, Conflict if one of the items was ordered, because then the shop decides,
    and Unavailable if items keep changing.
    """
    for _ in range(TRIES):
        items = await _items(app, visitor, item_id)
        try:
            await _delete(app, visitor.shop.id, item_id, items)
        except Refused as refused:
            if refused.code == "ordered":
                message = "A design made from this photo was ordered. Ask the shop to delete it."
                raise Conflict(message, code=refused.code) from refused
        else:
            return [item.id for _, group in items for item in group]
    raise Unavailable("This photo changed in the meantime. Try again.", code="photo_busy")


async def empty_photo(app: App, lease: Lease) -> None:
    """Run the job that deletes objects, then the rows of these files and of this job."""
    shop_id, payload = lease.job.shop_id, lease.job.payload or {}
    personal = all_personal_data(app.capabilities)
    keys = await photo_queries.keys_of(app.db, shop_id, payload["files"])
    await app.files.delete(*keys)
    # Jobs from earlier versions of the app name no folder.
    folders = [payload["folder"]] if "folder" in payload else [each.folder for each in personal]
    for folder in folders:
        await delete_objects(app, shop_id, folder, payload["designs"], [])
    now = app.clock.now()
    await app.db.batch(
        *lease.finish(now),
        *customer_redaction.delete_assets(shop_id, payload["files"], now, personal),
        *customer_redaction.forget_items(shop_id, [lease.job.subject_id]),
    )
    await scrub(app)


async def on_failure(app: App, job: Job, fault: AppError) -> list[object]:
    """Return no statements: the sweep deletes the remaining objects, because no row records them."""
    return []


async def _items(app: App, visitor: Visitor, item_id: str) -> list[tuple[PersonalData, list[Made]]]:
    """Return the items made from the same photo as an item of the visitor, by capability, at most MOST_ITEMS each.

    Raises NotFound.
    """
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
    """Delete the items' rows, release their storage, and queue jobs that delete their objects.

    Refused with `ordered`, or with `moved_on` if an item completed meanwhile.
    """
    now, statements, queued, at_once = app.clock.now(), list[Any](), list[Job](), ReadBatch(app.db)
    ids = [[each.id for each in items] for _, items in found]
    files = await asyncio.gather(
        *[data.files_of(at_once, shop_id, some) for (data, _), some in zip(found, ids, strict=True)]
    )
    for (data, items), item_ids, file_ids in zip(found, ids, files, strict=True):
        queued += _object_jobs(shop_id, data.folder, item_ids, file_ids, now)
        statements += [
            *stop_items(data, shop_id, items, now),
            data.delete_unordered(shop_id, item_ids),
            *customer_redaction.forget_items(shop_id, item_ids),
            quotas.release_storage(shop_id, customer_redaction.live_bytes(shop_id, file_ids), now),
            photo_queries.mark_deleted(shop_id, file_ids, now),
        ]
    await app.db.batch(
        *statements,
        requests.audit(shop_id, "shopper", "photo_deleted", item_id, now),
        *[jobs.insert(job, now) for job in queued],
    )
    await app.queue.wake(*[job.id for job in queued])


def _object_jobs(shop_id: str, folder: str, item_ids: list[str], files: list[str], now: datetime) -> list[Job]:
    """Return jobs that delete the objects of these items, each for a part of the items and a similar share of files."""
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
