"""All SQL on a customer's data in the tables that all capabilities share: shoppers, files, jobs and webhooks."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, ScalarSelect, Select, Table, and_, delete, func, or_, select, update

from app.core.ids import new_id
from app.core.ports.database import Database, Expect, Row
from app.core.tables import among, columns_about_items, metadata, unindexed, upsert
from app.jobs.tables import jobs
from app.media.tables import assets
from app.privacy.model import Customer
from app.privacy.personal_data import Personal
from app.privacy.queries.customers import shopper_of
from app.privacy.queries.requests import exports_of
from app.shops.tables import shoppers, webhook_deliveries


def insert_shopper(customer: Customer, at: datetime) -> Any:
    """Insert the customer as a shopper, unless there is one, because a customer who never signed in has no row."""
    return (
        upsert(shoppers)
        .values(id=new_id(), shop_id=customer.shop_id, shopify_customer_id=customer.id, created_at=at, updated_at=at)
        .on_conflict_do_nothing(index_elements=["shop_id", "shopify_customer_id"])
    )


async def files_of(db: Database, customer: Customer, limit: int) -> Sequence[Row]:
    """Return ids and keys of the customer's files and of exports about them, including files marked as deleted."""
    theirs = _their_files(customer).union(exports_of(customer))
    return await db.all(
        select(assets.c.id, assets.c.key)
        .where(assets.c.shop_id == customer.shop_id, assets.c.id.in_(theirs))
        .order_by(assets.c.id)
        .limit(limit)
    )


async def rows_of(
    db: Database, customer: Customer, table: str, columns: Collection[str], personal: Personal, after: str, limit: int
) -> Sequence[dict[str, Any]]:
    """Return a page of the customer's rows in a table, by id, with these columns; only files that may be exported."""
    source = metadata.tables[table]
    rows = select(*[source.c[name] for name in columns]).where(source.c.id > after)
    if source is assets:  # found by their ids, or SQLite would read all files of the shop in the order of the ids
        rows = rows.where(unindexed(assets.c.shop_id) == customer.shop_id, assets.c.id.in_(_their_files(customer)))
        rows = rows.where(_may_be_exported(customer.shop_id, personal))
    else:
        rows = rows.where(source.c.shop_id == customer.shop_id, _theirs(source, customer, personal))
    return [dict(row) for row in await db.all(rows.order_by(source.c.id).limit(limit))]


def stop_jobs(shop_id: str, subjects: Collection[str], at: datetime) -> Any:
    return (
        update(jobs)
        .where(jobs.c.shop_id == shop_id, among(jobs.c.subject_id, subjects), jobs.c.status.in_(("pending", "running")))
        .values(status="cancelled", lease_token=None, lease_until=None, updated_at=at)
    )


def forget_items(shop_id: str, item_ids: Collection[str]) -> list[Any]:
    """Delete what other tables record about these items: their jobs, whatever their status, and calls to models."""
    return [
        delete(column.table).where(column.table.c.shop_id == shop_id, among(column, item_ids))
        for column in columns_about_items()
    ]


def live_bytes(shop_id: str, asset_ids: Collection[str]) -> ScalarSelect[int]:
    """Return the total size of those of these files that are not deleted, for use in other statements."""
    return (
        select(func.coalesce(func.sum(assets.c.bytes), 0))
        .where(assets.c.shop_id == shop_id, among(assets.c.id, asset_ids), assets.c.deleted_at.is_(None))
        .scalar_subquery()
    )


def delete_assets(shop_id: str, asset_ids: Collection[str], at: datetime, personal: Personal) -> list[Any]:
    """Delete the rows of files, and the references to them in rows that stay."""
    return [
        *[statement for each in personal for statement in each.release_files(shop_id, asset_ids, at)],
        delete(assets).where(assets.c.shop_id == shop_id, among(assets.c.id, asset_ids)),
    ]


def forget_webhooks(customer: Customer, at: datetime) -> Any:
    """Clear the recorded fields of webhooks about the customer.

    Webhooks that are still to be processed keep their fields, and are deleted when they reach MESSAGE_LIFE.
    """
    return (
        update(webhook_deliveries)
        .where(
            webhook_deliveries.c.shop_id == customer.shop_id,
            webhook_deliveries.c.customer_id == customer.id,
            webhook_deliveries.c.status != "received",
        )
        .values(fields=None, customer_id=None, updated_at=at)
    )


def delete_shopper(customer: Customer, personal: Personal) -> Expect:
    """Delete the customer's shopper. Refused with `more_came` if files or items of theirs were added meanwhile."""
    files = select(assets.c.id).where(assets.c.shop_id == customer.shop_id, assets.c.shopper_id == shopper_of(customer))
    more = or_(files.exists(), *[each.has_items(customer) for each in personal])
    row = delete(shoppers).where(
        shoppers.c.shop_id == customer.shop_id, shoppers.c.shopify_customer_id == customer.id, ~more
    )
    return Expect(row, "more_came")


def _theirs(table: Table, customer: Customer, personal: Personal) -> ColumnElement[bool]:
    """Return the condition that a row of a table other than assets is the customer's."""
    for each in personal:
        if table.name in each.exported:
            theirs: ColumnElement[bool] = each.belongs(customer, table.name)
            return theirs
    if table is shoppers:
        return shoppers.c.shopify_customer_id == customer.id
    return webhook_deliveries.c.customer_id == customer.id


def _their_files(customer: Customer) -> Select[tuple[str]]:
    return select(assets.c.id).where(assets.c.shop_id == customer.shop_id, assets.c.shopper_id == shopper_of(customer))


def _may_be_exported(shop_id: str, personal: Personal) -> ColumnElement[bool]:
    """Return the condition that a file may be exported: it is an uploaded photo, or a capability permits it."""
    withheld = [each.withholds_upload(shop_id) for each in personal]
    photos = and_(assets.c.purpose == "upload", *[~each for each in withheld if each is not None])
    return or_(photos, *[each.may_leave(shop_id) for each in personal])
