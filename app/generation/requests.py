"""Request a generation, find it, read its state, and cancel it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from app import jobs, media, notifications, quotas
from app.core.app import App
from app.core.errors import AppError, Conflict, ConstraintError, NotFound, Refused, Unavailable
from app.core.read_batch import ReadBatch
from app.generation import queries
from app.generation.model import G, Kind, State, Status
from app.generation.rows import Requester
from app.notifications import Notice
from app.shops import Shop

MOST_LISTED = 50


async def request_once(app: App, kind: Kind[G], wanted: G) -> G:
    """Request a generation that needs only what all kinds need: its photo, its charge, and one answer for each key.

    The photo must be an upload that the requester may use, and becomes theirs. Raises what `media.read_own_upload` and
    `request` raise.
    """
    at_once, shop_id, photo_id = ReadBatch(app.db), wanted.shop_id, kind.photo_of(wanted)
    before, upload = await asyncio.gather(
        queries.by_key(at_once, shop_id, kind, wanted.idempotency_key, wanted.owner),
        media.asset(at_once, shop_id, photo_id or ""),
    )
    if existing := ensure_same(kind, before, wanted):
        return existing
    then = []
    if photo_id:
        arrived, _ = await media.read_own_upload(app, upload, *wanted.owner)
        then.append(media.claim_upload(shop_id, arrived, *wanted.owner, wanted.created_at))
    return await request(app, kind, wanted, before=before, then=then)


async def request(
    app: App, kind: Kind[G], wanted: G, *, before: G | None = None, first: Sequence[Any] = (), then: Sequence[Any] = ()
) -> G:
    """Charge a generation, record it and queue its job in one batch.

    A repeated idempotency key returns the first generation. `before` is the result of `by_key`. `first` and `then` are
    the capability's own statements, which run before and after the row is inserted. Raises Conflict if the key was used
    for a different request, AppError 402 if the charge is refused, and Refused if one of the capability's statements is
    refused.
    """
    if existing := ensure_same(kind, before, wanted):
        return existing
    at = wanted.created_at
    job = jobs.new(kind.name, wanted.shop_id, wanted.id, at=at, priority=kind.priority, lane=kind.lane.value)
    record = queries.insert(wanted.shop_id, kind, wanted)
    try:
        await app.db.batch(*kind.charge.hold(wanted, at), *first, record, *then, jobs.insert(job, at))
    except (Refused, ConstraintError) as fault:
        before = await queries.by_key(app.db, wanted.shop_id, kind, wanted.idempotency_key, wanted.owner)
        if existing := ensure_same(kind, before, wanted):  # the same request arrived twice at the same time
            return existing
        if isinstance(fault, ConstraintError):
            raise Conflict() from fault
        if message := kind.charge.refusals.get(fault.code):
            await _notify_merchant(app, wanted.shop_id)
            raise AppError(message, code=fault.code, status=402) from fault
        raise
    await app.queue.wake(job.id)
    return wanted


async def notices(app: App, shop: Shop) -> list[Notice]:
    """Return what the merchant should be told by mail: that this month's quota is used up."""
    now, quota = app.clock.now(), await quotas.quota(app.db, shop.id)
    if quota is None or quota.used_in(quotas.period_of(now, shop.timezone)) < quota.monthly_generation_limit:
        return []
    begins = quotas.next_period_begins(now, shop.timezone)
    text = f"All {quota.monthly_generation_limit} previews of this month are used, until {begins.day} {begins:%B}"
    return [Notice(text, "/usage")]


async def _notify_merchant(app: App, shop_id: str) -> None:
    """Schedule a mail about a refused charge. The refusal reaches the user all the same if the database is down now."""
    try:
        if mail := await notifications.expect_mail(app, shop_id):
            await app.db.batch(*mail)
    except Unavailable as fault:
        app.log.warning("mail_not_scheduled", shop=shop_id, code=fault.code)


def ensure_same(kind: Kind[G], before: G | None, wanted: G) -> G | None:
    """Return the earlier generation with the same idempotency key. Raises Conflict if its request was different."""
    if before and not kind.is_same_request(before, wanted):
        raise Conflict("This idempotency key was used for another request.", code="idempotency_key_reused")
    return before


async def find_own(app: App, kind: Kind[G], requester: Requester, generation_id: str) -> G:
    """Return a generation that the requester may see and cancel. Raises NotFound."""
    found = await queries.find(app.db, requester.shop.id, kind, generation_id)
    if found is None or not found.belongs_to(requester.owners):
        raise NotFound()
    return found


async def list_own(
    app: App, kind: Kind[G], requester: Requester, before: str | None = None, limit: int = 20
) -> list[G]:
    """Return the requester's generations, the newest first, `limit` of them but at most MOST_LISTED.

    `before` is the id of the last generation of the page before.
    """
    return await queries.newest(app.db, requester.shop.id, kind, requester.owners, before, min(limit, MOST_LISTED))


async def cancel_own(app: App, kind: Kind[G], requester: Requester, generation_id: str) -> State:
    """Cancel a generation of the requester's, unless it has ended, and return its state then. Raises NotFound."""
    await cancel(app, kind, await find_own(app, kind, requester, generation_id))
    return await find_state(app, kind, requester.shop.id, generation_id)


async def cancel(app: App, kind: Kind[G], found: G) -> bool:
    """Cancel and refund a generation. Return False if it had already ended."""
    now, dedupe_key = app.clock.now(), f"{kind.name}:{found.id}"
    try:
        await app.db.batch(
            queries.cancel(found.shop_id, kind, found.id, now),
            *quotas.release_slot_if(found.shop_id, kind.lane, jobs.is_running(found.shop_id, dedupe_key)),
            jobs.cancel(found.shop_id, dedupe_key, now),
            *kind.charge.refund(found, now),
        )
    except Refused:
        app.log.info("cancel_too_late", kind=kind.name, subject=found.id)
        return False
    await jobs.wake_next_in_line(app, found.shop_id, quotas.SLOTS[kind.lane])
    return True


async def find_state(app: App, kind: Kind[G], shop_id: str, generation_id: str) -> State:
    """Return the state of a generation, whoever requested it. Raises NotFound."""
    found = await queries.find(app.db, shop_id, kind, generation_id)
    if found is None:
        raise NotFound()
    return await state(app, kind, found)


async def state(app: App, kind: Kind[G], found: G) -> State:
    """Return the state of a generation, with its queue position while it waits."""
    position = None
    if kind.status_of(found) is Status.PENDING:
        position = await jobs.queue_position(app.db, found.shop_id, kind.name, found.id, app.clock.now())
    return replace(stored_state(kind, found), queue_position=position)


def stored_state(kind: Kind[G], found: G) -> State:
    """Return the state of a generation as its row has it, without a queue position."""
    return State(
        id=found.id,
        status=kind.status_of(found),
        progress=found.progress,
        queue_position=None,
        error_code=found.error_code,
        error_message=found.error_message,
    )
