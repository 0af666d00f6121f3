"""Request a generation, read its state, and cancel it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from app import jobs, notifications, quotas
from app.core.app import App
from app.core.errors import AppError, Conflict, ConstraintError, Refused, Unavailable
from app.generation import queries
from app.generation.model import G, Kind, State, Status
from app.notifications import Notice
from app.shops import Shop


async def request(
    app: App, kind: Kind[G], wanted: G, *, before: G | None = None, first: Sequence[Any] = (), then: Sequence[Any] = ()
) -> G:
    """Charge a generation, record it and queue its job in one batch.

    A repeated idempotency key returns the first generation. `before` is the result of `by_key`. `first` and `then` are
    the capability's own statements, which run before and after the row is inserted. Raises Conflict if the key was used
    for a different request, AppError 402 if the charge is refused, and Refused if one of the capability's statements is
    refused.
    """
    if existing := ensure_same(before, wanted):
        return existing
    at = wanted.created_at
    job = jobs.new(kind.name, wanted.shop_id, wanted.id, at=at, priority=kind.priority, lane=kind.lane.value)
    record = queries.insert(wanted.shop_id, kind, wanted)
    try:
        await app.db.batch(*kind.charge.hold(wanted, at), *first, record, *then, jobs.insert(job, at))
    except (Refused, ConstraintError) as fault:
        scope = kind.key_scope(wanted)
        before = await queries.by_key(app.db, wanted.shop_id, kind, wanted.idempotency_key, scope)
        if existing := ensure_same(before, wanted):  # the same request arrived twice at the same time
            return existing
        if isinstance(fault, ConstraintError):
            raise Conflict() from fault
        if message := kind.charge.refusals.get(fault.code):
            await _tell_merchant(app, wanted.shop_id)
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


async def _tell_merchant(app: App, shop_id: str) -> None:
    """Schedule a mail about a refused charge. The refusal reaches the user all the same if the database is down now."""
    try:
        if mail := await notifications.expect_mail(app, shop_id):
            await app.db.batch(*mail)
    except Unavailable as fault:
        app.log.warning("mail_not_scheduled", shop=shop_id, code=fault.code)


def ensure_same(before: G | None, wanted: G) -> G | None:
    """Return the earlier generation with the same idempotency key. Raises Conflict if its request was different."""
    if before and not before.asks_the_same(wanted):
        raise Conflict("This idempotency key was used for another request.", code="idempotency_key_reused")
    return before


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


async def state(app: App, kind: Kind[G], found: G) -> State:
    """Return the state of a generation, with its queue position while it waits."""
    position = None
    if found.status == Status.PENDING:
        position = await jobs.queue_position(app.db, found.shop_id, kind.name, found.id, app.clock.now())
    return State(found.id, found.status, found.progress, position, found.error_code, found.error_message)
