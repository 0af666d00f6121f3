"""A customer's data, deleted: objects first, then rows, a page at a time, so that a run that died is repeated."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from app import generation, jobs
from app.core.app import App
from app.core.errors import Refused, Unavailable
from app.jobs import Lease
from app.privacy import queries
from app.privacy.model import Design
from app.privacy.requests import open_request
from app.privacy.traces import scrub

PAGE = 20
PREVIEW_JOB = "personalization.preview"


async def redact(app: App, lease: Lease) -> None:
    """The job: delete what is kept of a customer. Orders keep ids and sums, and the audit log a line."""
    request, customer_id = await open_request(app, lease)
    shop_id = request.shop_id
    await gather(app, shop_id, customer_id)
    await app.db.batch(queries.part_from_browsers(shop_id, customer_id))
    await _delete_designs(app, shop_id, customer_id)
    await _delete_files(app, shop_id, customer_id)
    await _empty_lines(app, shop_id, customer_id)
    now = app.clock.now()
    try:
        await app.db.batch(
            *lease.finish(now),
            queries.close_request(shop_id, request.id, "done", now),
            *queries.forget_orders(shop_id, customer_id, now),
            queries.forget_messages(shop_id, customer_id, now),
            *queries.forget_requests(shop_id, customer_id, now),
            queries.delete_shopper(shop_id, customer_id),
            queries.audit(shop_id, request.asked_by, "customer_deleted", request.id, now),
        )
    except Refused as refused:
        if refused.code != "more_came":
            raise
        raise Unavailable("The customer's data changed in the meantime.", code="more_came") from refused
    await scrub(app)


async def gather(app: App, shop_id: str, customer_id: str) -> None:
    """Bring what they made as a guest under their own id."""
    now = app.clock.now()
    meet = queries.meet(shop_id, customer_id, now)
    await app.db.batch(meet, *queries.adopt(shop_id, customer_id))


def stopping(shop_id: str, designs: list[Design], now: datetime) -> list[Any]:
    """Statements: what is being made of these is made no more, and not counted. Refused with `moved_on`."""
    statements: list[Any] = []
    for each in designs:
        if each.status in ("pending", "processing"):
            key = f"{PREVIEW_JOB}:{each.id}"
            statements += [
                queries.stop_design(shop_id, each.id, now),
                *generation.free_slot_if(shop_id, jobs.is_running(shop_id, key)),
                generation.give_back(shop_id, each.quota_period, now),
            ]
    return [*statements, queries.stop_jobs(shop_id, [each.id for each in designs], now)]


async def delete_objects(app: App, shop_id: str, subjects: list[str], keys: list[str]) -> None:
    """These, and whatever attempts left under their subjects: what no row names."""
    for subject in subjects:
        while left := await app.files.list(f"{shop_id}/personalization/{subject}/"):
            await app.files.delete(*[each.key for each in left])
    await app.files.delete(*keys)


async def _delete_designs(app: App, shop_id: str, customer_id: str) -> None:
    while designs := await queries.designs(app.db, shop_id, customer_id, PAGE):
        ids = [each.id for each in designs]
        try:  # what was done in this moment is adopted with its files, and read again
            await app.db.batch(*stopping(shop_id, designs, app.clock.now()), *queries.adopt(shop_id, customer_id))
        except Refused as refused:
            if refused.code != "moved_on":
                raise
            continue
        await delete_objects(app, shop_id, ids, [])
        await app.db.batch(*queries.delete_designs(shop_id, ids, app.clock.now()), queries.forget_jobs(shop_id, ids))


async def _delete_files(app: App, shop_id: str, customer_id: str) -> None:
    while files := await queries.stored(app.db, shop_id, customer_id, PAGE):
        ids, now = [row["id"] for row in files], app.clock.now()
        await app.files.delete(*[row["key"] for row in files])
        await app.db.batch(
            generation.release_storage(shop_id, queries.live_bytes(shop_id, ids), now),
            *queries.delete_assets(shop_id, ids, now),
        )


async def _empty_lines(app: App, shop_id: str, customer_id: str) -> None:
    """No print is made for their orders any more, and none that lost its race stays."""
    after = ""
    while items := await queries.items(app.db, shop_id, customer_id, after, PAGE):
        await app.db.batch(queries.stop_jobs(shop_id, items, app.clock.now()))
        await delete_objects(app, shop_id, items, [])
        after = items[-1]
