"""All SQL on requests about personal data, and on the audit log."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import select, update

from app.core.ids import new_id
from app.core.ports.database import Database, Expect
from app.core.tables import upsert
from app.media.tables import assets
from app.privacy.model import Customer, Line, Request
from app.privacy.tables import audit_log, privacy_requests

REQUEST = [privacy_requests.c[name] for name in Request.__dataclass_fields__]
LINE = [audit_log.c[name] for name in Line.__dataclass_fields__]


async def request(db: Database, shop_id: str, request_id: str) -> Request | None:
    row = await db.one(
        select(*REQUEST).where(privacy_requests.c.shop_id == shop_id, privacy_requests.c.id == request_id)
    )
    return Request(**row) if row else None


async def requests(db: Database, shop_id: str, limit: int) -> list[tuple[Request, str | None]]:
    """Return the newest requests, each with the key of its export while that exists."""
    rows = await db.all(
        select(*REQUEST, assets.c.key)
        .outerjoin(assets, (assets.c.id == privacy_requests.c.asset_id) & assets.c.deleted_at.is_(None))
        .where(privacy_requests.c.shop_id == shop_id)
        .order_by(privacy_requests.c.id.desc())
        .limit(limit)
    )
    return [(Request(**{name: row[name] for name in Request.__dataclass_fields__}), row["key"]) for row in rows]


async def lines(db: Database, shop_id: str, limit: int) -> list[Line]:
    """Return the newest entries of the audit log."""
    rows = await db.all(
        select(*LINE).where(audit_log.c.shop_id == shop_id).order_by(audit_log.c.id.desc()).limit(limit)
    )
    return [Line(**row) for row in rows]


def insert_request(request: Request) -> Any:
    """Insert a request, unless it exists."""
    values = {name: getattr(request, name) for name in Request.__dataclass_fields__}
    return (
        upsert(privacy_requests)
        .values(**values, updated_at=request.created_at)
        .on_conflict_do_nothing(index_elements=["id"])
    )


def close_request(shop_id: str, request_id: str, state: str, at: datetime, asset_id: str | None = None) -> Expect:
    """Set a request's final state. Refused with `request_gone` if the request was deleted meanwhile."""
    return Expect(
        update(privacy_requests)
        .where(privacy_requests.c.shop_id == shop_id, privacy_requests.c.id == request_id)
        .values(state=state, asset_id=asset_id, completed_at=at, updated_at=at),
        "request_gone",
    )


def exports_of(customer: Customer) -> Any:
    """Return a SELECT of the ids of a customer's exports."""
    return select(privacy_requests.c.asset_id).where(
        privacy_requests.c.shop_id == customer.shop_id,
        privacy_requests.c.shopify_customer_id == customer.id,
        privacy_requests.c.asset_id.is_not(None),
    )


def forget_requests(customer: Customer, at: datetime) -> list[Any]:
    """Remove the customer from their requests, which stay on record.

    Open requests are marked as done, because there is no data left for them.
    """
    theirs = update(privacy_requests).where(
        privacy_requests.c.shop_id == customer.shop_id, privacy_requests.c.shopify_customer_id == customer.id
    )
    return [
        theirs.where(privacy_requests.c.state == "open").values(state="done", completed_at=at),
        theirs.values(shopify_customer_id=None, asset_id=None, updated_at=at),
    ]


def audit(shop_id: str, actor: str, action: str, subject: str, at: datetime) -> Any:
    return upsert(audit_log).values(
        id=new_id(), shop_id=shop_id, actor=actor, action=action, subject=subject, at=at, created_at=at, updated_at=at
    )
