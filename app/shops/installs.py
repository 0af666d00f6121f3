"""A shop comes and goes: the merchant's visit installs, Shopify's webhook uninstalls."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from app import generation
from app.core.app import App
from app.core.errors import Unauthorized
from app.core.ports import AccessToken, AdminVisit, ShopDetails
from app.jobs import Lease
from app.shops import queries, tokens
from app.shops.model import Merchant, Shop


async def admit(app: App, visit: AdminVisit) -> Merchant:
    """The merchant behind a verified visit; their first one installs the shop.

    The ID token is exchanged here and now, because it dies within a minute. Raises
    DoorReply when it was stale, Unavailable when Shopify does not answer.
    """
    shop = await queries.active_shop(app.db, visit.shop)
    stored = await queries.stored_token(app.db, visit.shop) if shop else None
    if shop is None or stored is None or _dead(stored.refresh_expires_at, app.clock.now()):
        shop = await _install(app, visit)
    return Merchant(shop, visit.user_id)


async def expect_install(app: App, shop_id: str) -> None:
    """Make room for a shop whose data come before its merchant does."""
    await app.db.batch(queries.expect_install(shop_id, app.clock.now()))


async def record_install(app: App, token: AccessToken, details: ShopDetails) -> None:
    """The shop is installed, and this is its token."""
    now = app.clock.now()
    await app.db.batch(
        queries.install(token.shop, details, token.scope, now),
        await tokens.store(app, token, now),
        generation.open_quota(token.shop, generation.period_of(now, details.timezone), now),
    )
    app.log.info("shop_installed", shop=token.shop)


async def _install(app: App, visit: AdminVisit) -> Shop:
    token = await app.door.exchange(visit)
    await record_install(app, token, await app.shopify.shop_details(token))
    shop = await queries.active_shop(app.db, visit.shop)
    if shop is None:
        raise Unauthorized("The app was removed while it was being installed. Please open it again.")
    return shop


def _dead(refresh_expires_at: datetime | None, now: datetime) -> bool:
    return refresh_expires_at is not None and refresh_expires_at <= now + timedelta(days=1)


def uninstalled_fields(payload: Any) -> dict[str, Any]:
    """What we keep of app/uninstalled: nothing, the headers say it all."""
    return {}


async def uninstall(app: App, lease: Lease) -> None:
    """The job of an app/uninstalled webhook; one older than the present installation changes nothing."""
    job, now = lease.job, app.clock.now()
    delivery = await queries.delivery(app.db, job.shop_id, job.subject_id)
    shop = await queries.shop(app.db, job.shop_id)
    told_at = (delivery.triggered_at or delivery.created_at) if delivery else None
    if shop is None or told_at is None or shop.installed_after(told_at):
        await app.db.batch(
            *lease.finish(now),
            queries.close_delivery(job.shop_id, job.subject_id, "ignored", "not installed then", now),
        )
        return
    await app.db.batch(
        *lease.finish(now),
        queries.uninstall(shop.id, now, told_at),
        queries.forget_tokens(shop.id, told_at),
        queries.close_delivery(shop.id, job.subject_id, "done", None, now),
    )
