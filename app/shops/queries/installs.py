"""SQL of installations. The rules are in docs/installations.md."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, case, func, or_, select, update

from app.core.ports.database import Database, Expect
from app.core.ports.shopify import ShopDetails
from app.core.statements import built_once
from app.core.tables import moment, upsert
from app.jobs.tables import jobs
from app.shops.model import DUTIES, Proof, Shop
from app.shops.tables import access_tokens, shops, webhook_deliveries

SHOP = [shops.c[name] for name in Shop.__dataclass_fields__]


async def shop(db: Database, shop_id: str) -> Shop | None:
    row = await db.one(shop_row(shop_id))
    return Shop(**row) if row else None


@built_once
def shop_row(shop_id: str) -> Any:
    return select(*SHOP).where(shops.c.id == shop_id)


async def active_shop(db: Database, shop_id: str) -> Shop | None:
    found = await shop(db, shop_id)
    return found if found and found.is_active else None


@built_once
def install(shop_id: str, details: ShopDetails, scope: str, proof: Proof, at: datetime) -> Expect:
    """Record or renew an installation. `installed_at` stays if access was never lost.

    Refused with `removed` if the app was removed after the proof.
    """
    fresh = {
        "shop_name": details.name,
        "email": details.email,
        "currency": details.currency,
        "timezone": details.timezone,
        "scope": scope,
        "is_active": True,
        "uninstalled_at": None,
        "access_lost_at": None,
        "proven_at": proof.at_least,
        "updated_at": at,
    }
    goes_on = and_(shops.c.is_active == 1, shops.c.installed_at.is_not(None), shops.c.access_lost_at.is_(None))
    newest = _later(shops.c.proven_at, proof.at_least)
    statement = (
        upsert(shops)
        .values(id=shop_id, installed_at=proof.asked_at, created_at=at, **fresh)
        .on_conflict_do_update(
            index_elements=["id"],
            set_={
                **fresh,
                "proven_at": newest,
                "installed_at": case((goes_on, shops.c.installed_at), else_=moment(proof.asked_at)),
            },
            where=or_(shops.c.uninstalled_at.is_(None), shops.c.uninstalled_at <= moment(proof.at_most)),
        )
    )
    return Expect(statement, "removed")


@built_once
def expect_install(shop_id: str, at: datetime) -> Any:
    """Insert a shop whose data is loaded before its merchant opens the app."""
    return (
        upsert(shops)
        .values(id=shop_id, is_active=False, created_at=at, updated_at=at)
        .on_conflict_do_nothing(index_elements=["id"])
    )


@built_once
def prove(shop_id: str, seen_at: datetime) -> Any:
    """Record that a merchant opened the app at this time, so that it was installed then."""
    return (
        update(shops)
        .where(shops.c.id == shop_id, shops.c.is_active == 1)
        .values(proven_at=_later(shops.c.proven_at, seen_at))
    )


@built_once
def uninstall(shop_id: str, at: datetime, as_of: datetime) -> Any:
    """End an installation that is older than the message, by the rule of Shop.installed_after.

    The latest of several messages counts, so that nobody can move an uninstall to an earlier time.
    """
    older = [or_(seen.is_(None), seen <= as_of) for seen in (shops.c.installed_at, shops.c.proven_at)]
    return (
        update(shops)
        .where(shops.c.id == shop_id, *older)
        .values(
            is_active=False,
            uninstalled_at=_later(shops.c.uninstalled_at, as_of),
            access_lost_at=None,
            block_seen_at=None,  # Shopify removes the blocks of an app from themes when it is removed
            updated_at=at,
        )
    )


@built_once
def note_block(shop_id: str, at: datetime) -> Any:
    """Record that the shop's theme has our block; the first time counts."""
    unseen = [shops.c.id == shop_id, shops.c.block_seen_at.is_(None)]
    return update(shops).where(*unseen).values(block_seen_at=at)


@built_once
def lose_access(shop_id: str, at: datetime) -> Any:
    """Record that an installed shop has no token left; the first time counts."""
    tokenless = ~select(access_tokens.c.shop_id).where(access_tokens.c.shop_id == shop_id).exists()
    return _lost(shop_id, at).where(tokenless)


@built_once
def lose_unreadable(shop_id: str, at: datetime) -> Any:
    """Record that an installed shop's token cannot be decrypted. It stays, because the right key may come back."""
    return _lost(shop_id, at)


@built_once
def set_scope(shop_id: str, scope: str, at: datetime) -> Any:
    return update(shops).where(shops.c.id == shop_id).values(scope=scope, updated_at=at)


@built_once
def note_renewal(shop_id: str, scope: str, at: datetime) -> Any:
    """Record the scopes of a refreshed token, and that access is not lost."""
    return update(shops).where(shops.c.id == shop_id).values(scope=scope, access_lost_at=None, updated_at=at)


@built_once
def left_undone(shop_id: str) -> ColumnElement[bool]:
    """A condition on jobs: their shop has removed the app, and they do not process a compliance webhook."""
    duties = select(webhook_deliveries.c.id).where(
        webhook_deliveries.c.shop_id == shop_id, webhook_deliveries.c.topic.in_(DUTIES)
    )
    return and_(has_left(shop_id), jobs.c.subject_id.not_in(duties))


@built_once
def expect_absence(shop_id: str, at: datetime) -> Expect:
    """Refused with `came_back` if the app has been installed again."""
    absent = update(shops).where(shops.c.id == shop_id, shops.c.is_active == 0).values(updated_at=at)
    return Expect(absent, "came_back")


@built_once
def has_left(shop_id: str) -> ColumnElement[bool]:
    """A condition for other statements: the app is not installed in the shop."""
    return select(shops.c.id).where(shops.c.id == shop_id, shops.c.is_active == 0).exists()


def _lost(shop_id: str, at: datetime) -> Any:
    return (
        update(shops)
        .where(shops.c.id == shop_id, shops.c.is_active == 1, shops.c.access_lost_at.is_(None))
        .values(access_lost_at=at, updated_at=at)
    )


def _later(column: ColumnElement[Any], at: datetime) -> ColumnElement[Any]:
    return case((func.coalesce(column, "") < moment(at), moment(at)), else_=column)
