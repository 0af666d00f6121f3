"""Installations: a merchant's visit installs the app, Shopify's webhook uninstalls it. See docs/installations.md."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Any

from app import jobs, quotas
from app.core.app import App
from app.core.errors import Refused, Unauthorized, Unavailable
from app.core.ports.shopify import AccessToken, AdminVisit, ShopDetails
from app.core.read_batch import ReadBatch
from app.core.times import from_text
from app.jobs import Lease
from app.shops import tokens
from app.shops.model import REDACT_AFTER, Access, Delivery, Merchant, Proof, Shop, seen_at
from app.shops.queries import deliveries, installs
from app.shops.queries import tokens as token_queries

LEFT = "uninstalled"
NO_ACCESS = ("token_dead", "token_missing", "sealed_unreadable", "app_refused")
"""Error codes of jobs that failed because there was no usable token."""
MOST_WAKE_UPS = 100
OTHER_BODIES = {"shop_domain", "line_items", "customer", "order_id", "current"}
"""Fields of other webhooks' bodies that a Shop does not have."""


async def admit(app: App, visit: AdminVisit) -> Merchant:
    """Return the merchant behind a verified visit. The first visit installs the shop; a later one renews lost access.

    The ID token is exchanged at once, because it expires within a minute. Raises AuthReply if it is stale, and
    Unavailable if Shopify does not answer and the shop is not installed yet.
    """
    at_once, now = ReadBatch(app.db), app.clock.now()
    shop, stored = await asyncio.gather(
        installs.active_shop(at_once, visit.shop), token_queries.stored_token(at_once, visit.shop)
    )
    if shop is None:
        return Merchant(await _install(app, visit), visit.user_id)
    access, seen = shop.access(stored, now), seen_at(visit.issued_at or now, now)
    news = visit.issued_at is not None and shop.is_newer(seen)
    if access is Access.HELD and not (news and shop.missing_scopes):
        if news:
            await _seen(app, visit.shop, seen)
        return Merchant(shop, visit.user_id)
    try:
        shop = await _install(app, visit)
    except Unavailable:  # show what is in the database
        return Merchant(shop, visit.user_id, access)
    return Merchant(shop, visit.user_id, Access.RENEWED if access is Access.LOST else Access.HELD)


async def expect_install(app: App, shop_id: str) -> None:
    """Create the row of a shop whose data is loaded before its merchant first opens the app."""
    await app.db.batch(installs.expect_install(shop_id, app.clock.now()))


async def record_install(app: App, token: AccessToken, details: ShopDetails, *, proof: Proof | None = None) -> None:
    """Record that the shop is installed, store its token, and resume the jobs that waited for one.

    Raises Unauthorized if the app was removed after the time of `proof`.
    """
    now = app.clock.now()
    try:
        *_, revived, _ = await app.db.batch(
            installs.install(token.shop, details, token.scope, proof or Proof.now(now), now),
            await tokens.store(app, token, now),
            jobs.revive(token.shop, (LEFT, "missing_scope", *NO_ACCESS), now),
            quotas.open_quota(token.shop, quotas.period_of(now, details.timezone), now),
        )
    except Refused as refused:
        raise Unauthorized("The app was removed during the installation. Open it again to install it.") from refused
    app.log.info("shop_installed", shop=token.shop)
    await app.queue.wake(*[str(row["id"]) for row in revived.rows][:MOST_WAKE_UPS])


def uninstalled_fields(payload: Any) -> dict[str, Any]:
    """Return the field that is kept of app/uninstalled: when the Shop in it last changed.

    Raises ValueError if the body is not a Shop. A Shop names itself; the shop of any other body would be named only by
    the headers, which are not signed.
    """
    domains = [str(payload.get(name)) for name in ("myshopify_domain", "domain")]
    if OTHER_BODIES.intersection(payload) or not any(each.endswith(".myshopify.com") for each in domains):
        raise ValueError("no Shop")
    return {"shop_changed_at": payload.get("updated_at")}


async def uninstall(app: App, lease: Lease) -> None:
    """Job of an app/uninstalled webhook. One that is older than the present installation does not end it.

    Tokens issued before the uninstall are deleted in any case, because Shopify has revoked them. Open jobs of the shop
    wait until it installs the app again; its data stays until shop/redact. Raises Unavailable.
    """
    job = lease.job
    delivery = await deliveries.delivery(app.db, job.shop_id, job.subject_id)
    shop = await installs.shop(app.db, job.shop_id)
    as_of = delivery.sent_at if delivery else None
    changes: list[Any] = []
    status, why = "ignored", "older than the installation"
    is_newer = shop is not None and as_of is not None and not shop.installed_after(as_of)
    in_doubt = shop is not None and is_newer and shop.may_be_repeated(_shop_changed_at(delivery))
    if in_doubt and await _is_let_in(app, job.shop_id):
        why = "Shopify still accepts the app's access"
    elif as_of:
        changes = _leave(job.shop_id, as_of, app.clock.now())
        if is_newer:
            status, why = "done", ""
    now = app.clock.now()
    closing = deliveries.close_delivery(job.shop_id, job.subject_id, status, why or None, now)
    await app.db.batch(*lease.finish(now), *changes, closing)


async def is_over(app: App, shop_id: str, as_of: datetime) -> bool:
    """Return whether a shop/redact sent at `as_of` applies to the stored shop.

    If the shop still counts as installed, its uninstall message may have been lost. Then Shopify is asked whether the
    app still has access; if not, the shop is uninstalled now. Raises Unavailable.
    """
    shop = await installs.shop(app.db, shop_id)
    if shop and shop.may_have_left(as_of) and not await _is_let_in(app, shop_id):
        await app.db.batch(*_leave(shop_id, as_of - REDACT_AFTER, app.clock.now()))
        app.log.warning("uninstall_missed", shop=shop_id)
        shop = await installs.shop(app.db, shop_id)
    return shop is not None and shop.redact_is_due(as_of)


async def _is_let_in(app: App, shop_id: str) -> bool:
    try:
        await tokens.ask(app, shop_id, app.shopify.shop_details)
    except Unauthorized:
        return False
    return True


def _leave(shop_id: str, as_of: datetime, now: datetime) -> list[Any]:
    """The statements of an uninstall. Each checks for itself that the installation is older than the message."""
    return [
        installs.uninstall(shop_id, now, as_of),
        token_queries.forget_tokens(shop_id, as_of),
        installs.lose_access(shop_id, now),
        quotas.free_all_slots_if(shop_id, installs.has_left(shop_id)),
        jobs.park(shop_id, LEFT, installs.left_undone(shop_id), now),
    ]


def _shop_changed_at(delivery: Delivery | None) -> datetime | None:
    try:
        return from_text(((delivery and delivery.fields) or {})["shop_changed_at"])
    except (KeyError, TypeError, ValueError, OverflowError):
        return None


async def _seen(app: App, shop_id: str, seen: datetime) -> None:
    """Record a visit, about once per ID token. Jobs that failed while access was being renewed are resumed."""
    _, revived = await app.db.batch(installs.prove(shop_id, seen), jobs.revive(shop_id, NO_ACCESS, app.clock.now()))
    await app.queue.wake(*[str(row["id"]) for row in revived.rows][:MOST_WAKE_UPS])


async def _install(app: App, visit: AdminVisit) -> Shop:
    proof = Proof.now(app.clock.now(), visit.issued_at)
    token = await app.shopify_auth.exchange(visit)
    await record_install(app, token, await app.shopify.shop_details(token), proof=proof)
    shop = await installs.active_shop(app.db, visit.shop)
    if shop is None:
        raise Unauthorized("The app was removed during the installation. Open it again to install it.")
    return shop
