"""All SQL on what is a customer's in the tables that every capability shares: shoppers, files, jobs, webhooks."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, ScalarSelect, Table, and_, delete, func, or_, select, update

from app.core.ids import new_id
from app.core.ports.database import Database, Expect, Row
from app.core.tables import among, metadata, upsert
from app.jobs.tables import jobs
from app.media.tables import assets
from app.privacy.model import Customer
from app.privacy.personal_data import Personal
from app.privacy.queries.customers import shopper_of
from app.privacy.queries.requests import exports_of
from app.shops.tables import shoppers, webhook_deliveries


def meet(customer: Customer, at: datetime) -> Any:
    """The customer as a shopper, whether or not they ever signed in."""
    return (
        upsert(shoppers)
        .values(id=new_id(), shop_id=customer.shop_id, shopify_customer_id=customer.id, created_at=at, updated_at=at)
        .on_conflict_do_nothing(index_elements=["shop_id", "shopify_customer_id"])
    )


async def stored(db: Database, customer: Customer, limit: int) -> Sequence[Row]:
    """Ids and keys of their files, exports about them too; also of rows whose object should be gone."""
    theirs = or_(assets.c.shopper_id == shopper_of(customer), assets.c.id.in_(exports_of(customer)))
    return await db.all(
        select(assets.c.id, assets.c.key)
        .where(assets.c.shop_id == customer.shop_id, theirs)
        .order_by(assets.c.id)
        .limit(limit)
    )


async def rows_of(
    db: Database, customer: Customer, table: str, columns: Collection[str], personal: Personal, after: str, limit: int
) -> Sequence[dict[str, Any]]:
    """A page of a table's rows that are theirs, by id, in these columns; of files, those that may be handed out."""
    source = metadata.tables[table]
    rows = select(*[source.c[name] for name in columns]).where(
        source.c.shop_id == customer.shop_id, _theirs(source, customer, personal), source.c.id > after
    )
    if source is assets:
        rows = rows.where(_may_be_handed_out(customer.shop_id, personal))
    return [dict(row) for row in await db.all(rows.order_by(source.c.id).limit(limit))]


def stop_jobs(shop_id: str, subjects: Collection[str], at: datetime) -> Any:
    return (
        update(jobs)
        .where(jobs.c.shop_id == shop_id, among(jobs.c.subject_id, subjects), jobs.c.status.in_(("pending", "running")))
        .values(status="cancelled", lease_token=None, lease_until=None, updated_at=at)
    )


def forget_jobs(shop_id: str, subjects: Collection[str]) -> Any:
    """The jobs that were about these, whatever became of them."""
    return delete(jobs).where(jobs.c.shop_id == shop_id, among(jobs.c.subject_id, subjects))


def live_bytes(shop_id: str, asset_ids: Collection[str]) -> ScalarSelect[int]:
    """How many bytes of these are counted, for other statements."""
    return (
        select(func.coalesce(func.sum(assets.c.bytes), 0))
        .where(assets.c.shop_id == shop_id, among(assets.c.id, asset_ids), assets.c.deleted_at.is_(None))
        .scalar_subquery()
    )


def delete_assets(shop_id: str, asset_ids: Collection[str], at: datetime, personal: Personal) -> list[Any]:
    """The rows, and what rows that stay say of them."""
    return [
        *[statement for each in personal for statement in each.release_files(shop_id, asset_ids, at)],
        delete(assets).where(assets.c.shop_id == shop_id, among(assets.c.id, asset_ids)),
    ]


def forget_messages(customer: Customer, at: datetime) -> Any:
    """What Shopify told us of them. One that is still to be worked on is not lost: it goes with its age."""
    return (
        update(webhook_deliveries)
        .where(
            webhook_deliveries.c.shop_id == customer.shop_id,
            _told_of(customer),
            webhook_deliveries.c.status != "received",
        )
        .values(fields=None, updated_at=at)
    )


def delete_shopper(customer: Customer, personal: Personal) -> Expect:
    """Refused with `more_came` when something of theirs arrived meanwhile."""
    files = select(assets.c.id).where(assets.c.shop_id == customer.shop_id, assets.c.shopper_id == shopper_of(customer))
    more = or_(files.exists(), *[each.has_items(customer) for each in personal])
    row = delete(shoppers).where(
        shoppers.c.shop_id == customer.shop_id, shoppers.c.shopify_customer_id == customer.id, ~more
    )
    return Expect(row, "more_came")


def _theirs(table: Table, customer: Customer, personal: Personal) -> ColumnElement[bool]:
    """Which rows of a table are a customer's."""
    for each in personal:
        if table.name in each.exported:
            theirs: ColumnElement[bool] = each.belongs(customer, table.name)
            return theirs
    if table is shoppers:
        return shoppers.c.shopify_customer_id == customer.id
    if table is webhook_deliveries:
        return _told_of(customer)
    return assets.c.shopper_id == shopper_of(customer)


def _may_be_handed_out(shop_id: str, personal: Personal) -> ColumnElement[bool]:
    """Which files may leave the shop: photos that shoppers sent, and what a capability says may."""
    withheld = [each.withheld_uploads(shop_id) for each in personal]
    photos = and_(assets.c.purpose == "upload", *[assets.c.id.not_in(each) for each in withheld if each is not None])
    return or_(photos, *[each.may_leave(shop_id) for each in personal])


def _told_of(customer: Customer) -> ColumnElement[bool]:
    """Fields are JSON as Json writes it: without spaces."""
    return func.replace(webhook_deliveries.c.fields, " ", "").contains(f'"customer_id":"{customer.id}"')
