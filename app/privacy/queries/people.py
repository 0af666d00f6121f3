"""All SQL on what is a customer's: their designs, files and orders."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    ScalarSelect,
    Select,
    Table,
    and_,
    case,
    delete,
    func,
    or_,
    select,
    update,
)

from app.core.ids import new_id
from app.core.ports import Database, Expect, Row
from app.core.tables import among, metadata, upsert
from app.jobs.tables import jobs
from app.media.tables import assets
from app.personalization.tables import generations, order_items, orders
from app.privacy.model import Design
from app.privacy.queries.paid import may_be_handed_out
from app.privacy.queries.requests import exports_of
from app.shops.tables import shoppers, webhook_deliveries

OPEN = ("pending", "processing")
PICTURES = ("upload_asset_id", "master_asset_id", "preview_asset_id", "mockup_asset_id", "final_asset_id")
CHOSEN = (order_items.c.preview_generation_id, order_items.c.proposed_generation_id)
GONE = "The customer's data was deleted."


def claim_orders(shop_id: str, customer_id: str, order_ids: Collection[str], at: datetime) -> Any:
    """Shopify says that these orders are the customer's; those that we never saw change nothing."""
    return (
        update(orders)
        .where(orders.c.shop_id == shop_id, among(orders.c.shopify_order_id, order_ids))
        .values(customer_id=customer_id, updated_at=at)
    )


def meet(shop_id: str, customer_id: str, at: datetime) -> Any:
    """The customer as a shopper, whether or not they ever signed in."""
    return (
        upsert(shoppers)
        .values(id=new_id(), shop_id=shop_id, shopify_customer_id=customer_id, created_at=at, updated_at=at)
        .on_conflict_do_nothing(index_elements=["shop_id", "shopify_customer_id"])
    )


def adopt(shop_id: str, customer_id: str) -> list[Any]:
    """What a guest made becomes the customer's who ordered it: then all that is theirs has their shopper's id.

    Of a browser that several customers ordered from, it is only what they ordered themselves. It stays the browser's
    too, so that it can be seen that several did.
    """
    me = _shopper(shop_id, customer_id)
    mine = and_(generations.c.shop_id == shop_id, generations.c.shopper_id == me)
    pictures = [assets.c.id.in_(select(generations.c[name]).where(mine)) for name in PICTURES]
    return [
        update(generations).where(_guest_designs(shop_id, customer_id)).values(shopper_id=me, idempotency_key=None),
        update(assets)
        .where(assets.c.shop_id == shop_id, assets.c.shopper_id.is_(None), or_(*pictures))
        .values(shopper_id=me),
    ]


def part_from_browsers(shop_id: str, customer_id: str) -> Any:
    """What nobody ordered, of browsers that others ordered from too, is nobody's once this customer's are gone.

    Else it would be the last one's who ordered there. It goes with its age.
    """
    session = generations.c.guest_session_id
    used = select(session).where(generations.c.shop_id == shop_id, session.is_not(None))
    by_them = used.where(generations.c.id.in_(_by_them(shop_id, customer_id)))
    by_others = used.where(generations.c.id.in_(_by_others(shop_id, customer_id)))
    return (
        update(generations)
        .where(
            generations.c.shop_id == shop_id,
            generations.c.shopper_id.is_(None),
            session.in_(by_them),
            session.in_(by_others),
            generations.c.id.not_in(_by_others(shop_id, customer_id)),
            generations.c.order_id.is_(None),
        )
        .values(guest_session_id=None, idempotency_key=None)
    )


async def designs(db: Database, shop_id: str, customer_id: str, limit: int) -> list[Design]:
    columns = [generations.c[name] for name in Design.__dataclass_fields__]
    mine = generations.c.shopper_id == _shopper(shop_id, customer_id)
    rows = await db.all(
        select(*columns).where(generations.c.shop_id == shop_id, mine).order_by(generations.c.id).limit(limit)
    )
    return [Design(**row) for row in rows]


async def stored(db: Database, shop_id: str, customer_id: str, limit: int) -> Sequence[Row]:
    """Ids and keys of their files, exports about them too; also of rows whose object should be gone."""
    return await db.all(
        select(assets.c.id, assets.c.key)
        .where(assets.c.shop_id == shop_id, _their_file(shop_id, customer_id))
        .order_by(assets.c.id)
        .limit(limit)
    )


async def items(db: Database, shop_id: str, customer_id: str, after: str, limit: int) -> list[str]:
    rows = await db.all(
        select(order_items.c.id)
        .where(
            order_items.c.shop_id == shop_id,
            order_items.c.order_id.in_(_orders(shop_id, customer_id)),
            order_items.c.id > after,
        )
        .order_by(order_items.c.id)
        .limit(limit)
    )
    return [row["id"] for row in rows]


async def rows_of(
    db: Database, shop_id: str, customer_id: str, table: str, columns: Collection[str], after: str, limit: int
) -> Sequence[dict[str, Any]]:
    """A page of a table's rows that are theirs, by id, in these columns; of files, those that may be handed out."""
    source = metadata.tables[table]
    rows = select(*[source.c[name] for name in columns]).where(
        source.c.shop_id == shop_id, _theirs(source, shop_id, customer_id), source.c.id > after
    )
    if source is assets:
        rows = rows.where(may_be_handed_out(shop_id))
    return [dict(row) for row in await db.all(rows.order_by(source.c.id).limit(limit))]


def stop_design(shop_id: str, design_id: str, at: datetime) -> Expect:
    """Refused with `moved_on` when it was done, or given up, meanwhile."""
    return Expect(
        update(generations)
        .where(generations.c.shop_id == shop_id, generations.c.id == design_id, generations.c.status.in_(OPEN))
        .values(status="cancelled", updated_at=at),
        "moved_on",
    )


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


def delete_assets(shop_id: str, asset_ids: Collection[str], at: datetime) -> list[Any]:
    """The rows, and what order lines say of them."""
    return [
        _emptied(shop_id, at).where(among(order_items.c.print_asset_id, asset_ids)),
        delete(assets).where(assets.c.shop_id == shop_id, among(assets.c.id, asset_ids)),
    ]


def delete_designs(shop_id: str, design_ids: Collection[str], at: datetime) -> list[Any]:
    preview, final, proposal = (
        among(order_items.c[f"{name}_generation_id"], design_ids) for name in ("preview", "final", "proposed")
    )
    proposed = and_(order_items.c.shop_id == shop_id, proposal)
    return [
        _emptied(shop_id, at).where(or_(preview, final)),
        update(order_items).where(proposed).values(proposed_generation_id=None, updated_at=at),
        delete(generations).where(generations.c.shop_id == shop_id, among(generations.c.id, design_ids)),
    ]


def forget_orders(shop_id: str, customer_id: str, at: datetime) -> list[Any]:
    """The lines and the order keep ids, sums and states: the merchant's books need them."""
    return [
        _emptied(shop_id, at).where(order_items.c.order_id.in_(_orders(shop_id, customer_id))),
        update(orders)
        .where(orders.c.shop_id == shop_id, orders.c.customer_id == customer_id)
        .values(customer_id=None, updated_at=at),
    ]


def forget_messages(shop_id: str, customer_id: str, at: datetime) -> Any:
    """What Shopify told us of them. One that is still to be worked on is not lost: it goes with its age."""
    return (
        update(webhook_deliveries)
        .where(_told_of(shop_id, customer_id), webhook_deliveries.c.status != "received")
        .values(fields=None, updated_at=at)
    )


def delete_shopper(shop_id: str, customer_id: str) -> Expect:
    """Refused with `more_came` when something of theirs arrived meanwhile."""
    me = _shopper(shop_id, customer_id)
    more = or_(
        select(generations.c.id).where(generations.c.shop_id == shop_id, generations.c.shopper_id == me).exists(),
        select(assets.c.id).where(assets.c.shop_id == shop_id, assets.c.shopper_id == me).exists(),
    )
    row = delete(shoppers).where(shoppers.c.shop_id == shop_id, shoppers.c.shopify_customer_id == customer_id, ~more)
    return Expect(row, "more_came")


def _shopper(shop_id: str, customer_id: str) -> ScalarSelect[str]:
    return (
        select(shoppers.c.id)
        .where(shoppers.c.shop_id == shop_id, shoppers.c.shopify_customer_id == customer_id)
        .scalar_subquery()
    )


def _orders(shop_id: str, customer_id: str) -> Select[tuple[str]]:
    return select(orders.c.id).where(orders.c.shop_id == shop_id, orders.c.customer_id == customer_id)


def _ordered(shop_id: str, by: ColumnElement[bool]) -> CompoundSelect[tuple[str]]:
    """The designs in orders of somebody, those that the shop proposed too."""
    of_somebody = select(orders.c.id).where(orders.c.shop_id == shop_id, by)
    lines = and_(order_items.c.shop_id == shop_id, order_items.c.order_id.in_(of_somebody))
    chosen, proposed = (select(design).where(lines, design.is_not(None)) for design in CHOSEN)
    return chosen.union(proposed)


def _by_them(shop_id: str, customer_id: str) -> CompoundSelect[tuple[str]]:
    return _ordered(shop_id, orders.c.customer_id == customer_id)


def _by_others(shop_id: str, customer_id: str) -> CompoundSelect[tuple[str]]:
    return _ordered(shop_id, or_(orders.c.customer_id.is_(None), orders.c.customer_id != customer_id))


def _sessions(shop_id: str, customer_id: str) -> Select[tuple[str]]:
    """The browsers that ordered for them and for nobody else."""
    session = generations.c.guest_session_id
    anybody = select(session).where(generations.c.shop_id == shop_id, session.is_not(None))
    others = anybody.where(generations.c.id.in_(_by_others(shop_id, customer_id)))
    return anybody.where(generations.c.id.in_(_by_them(shop_id, customer_id)), session.not_in(others))


def _guest_designs(shop_id: str, customer_id: str) -> ColumnElement[bool]:
    """Designs of guests that are this customer's, and in nobody else's order."""
    mine = _orders(shop_id, customer_id)
    return and_(
        generations.c.shop_id == shop_id,
        generations.c.shopper_id.is_(None),
        or_(
            generations.c.guest_session_id.in_(_sessions(shop_id, customer_id)),
            generations.c.id.in_(_by_them(shop_id, customer_id)),
            generations.c.order_id.in_(mine),
        ),
        generations.c.id.not_in(_by_others(shop_id, customer_id)),
        or_(generations.c.order_id.is_(None), generations.c.order_id.in_(mine)),
    )


def _theirs(table: Table, shop_id: str, customer_id: str) -> ColumnElement[bool]:
    """Which rows of a table are a customer's."""
    if table is shoppers:
        return shoppers.c.shopify_customer_id == customer_id
    if table is orders:
        return orders.c.customer_id == customer_id
    if table is order_items:
        return order_items.c.order_id.in_(_orders(shop_id, customer_id))
    if table is webhook_deliveries:
        return _told_of(shop_id, customer_id)
    return table.c.shopper_id == _shopper(shop_id, customer_id)


def _their_file(shop_id: str, customer_id: str) -> ColumnElement[bool]:
    return or_(assets.c.shopper_id == _shopper(shop_id, customer_id), assets.c.id.in_(exports_of(shop_id, customer_id)))


def _told_of(shop_id: str, customer_id: str) -> ColumnElement[bool]:
    """Fields are JSON as Json writes it: without spaces."""
    said = func.replace(webhook_deliveries.c.fields, " ", "").contains(f'"customer_id":"{customer_id}"')
    return and_(webhook_deliveries.c.shop_id == shop_id, said)


def _emptied(shop_id: str, at: datetime) -> Any:
    """A line without its design; one that was not printed never will be."""
    state = case((order_items.c.state.in_(("ready", "cancelled")), order_items.c.state), else_="cancelled")
    return (
        update(order_items)
        .where(order_items.c.shop_id == shop_id)
        .values(
            preview_generation_id=None,
            final_generation_id=None,
            proposed_generation_id=None,
            print_asset_id=None,
            preview_ref="",
            title=None,
            state=state,
            reason=GONE,
            updated_at=at,
        )
    )
