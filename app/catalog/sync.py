"""Product sync: updates by webhook, and full reads by cursor. Orders of a product are not affected."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from app import jobs, shops
from app.catalog import queries
from app.core.app import App
from app.core.errors import AppError
from app.core.json_values import moment, shopify_id, text
from app.core.ports.shopify import ListedProduct
from app.core.times import from_text, to_text
from app.jobs import Job, Lease

UPDATE = "catalog.update_product"
DELETE = "catalog.delete_product"
SYNC = "catalog.sync_products"
LONGEST_TEXT = 255
"""Characters of a title or handle: Shopify's limit."""
ON_SALE = ("active", "unlisted")
"""An unlisted product can be bought by anyone who has its address."""


def product_fields(payload: Any) -> dict[str, Any]:
    """Return the fields that are kept of products/update. Raises ValueError if it has no readable id, title or time."""
    product_id, title = _id_of(payload), text(payload.get("title"), LONGEST_TEXT)
    changed_at = moment(payload.get("updated_at"))
    if title is None or changed_at is None:
        raise ValueError("no readable title or time")
    return {
        "id": product_id,
        "title": title,
        "handle": text(payload.get("handle"), LONGEST_TEXT),
        "is_active": payload.get("status") in ON_SALE,
        "updated_at": to_text(changed_at),
    }


def deleted_product_fields(payload: Any) -> dict[str, Any]:
    """Return the fields that are kept of products/delete. Raises ValueError if it names no product.

    Its body contains only an id (shopify.app.toml asks for no more). A body of products/update, which has the same kind
    of signature, must not archive the product.
    """
    if not {"id", "admin_graphql_api_id"}.issuperset(payload):
        raise ValueError("more than an id")
    return {"id": _id_of(payload)}


async def update_product(app: App, lease: Lease) -> None:
    """Job of a products/update webhook. Data older than the last sync is ignored."""
    fields, now = await _fields(app, lease), app.clock.now()
    if fields is None:
        return
    listed = ListedProduct(
        shopify_product_id=fields["id"],
        title=fields["title"],
        handle=fields["handle"],
        is_active=fields["is_active"],
        changed_at=from_text(fields["updated_at"]),
    )
    await app.db.batch(*_done(lease, now), queries.save_listed(lease.job.shop_id, listed, now))


async def delete_product(app: App, lease: Lease) -> None:
    """Job of a products/delete webhook. The product is archived permanently; its orders are still printed."""
    fields, now = await _fields(app, lease), app.clock.now()
    if fields is None:
        return
    await app.db.batch(*_done(lease, now), *queries.archive(lease.job.shop_id, fields["id"], now))


async def expect_sync(app: App, shop: shops.Shop) -> None:
    """Queue a sync of the shop's products, once per installation, and again only if that sync failed."""
    await _start(app, shop.id, to_text(shop.installed_at) if shop.installed_at else "")


async def sync_products(app: App, shop_id: str) -> None:
    """Queue another sync of the shop's products, at most one per minute."""
    await _start(app, shop_id, f"{app.clock.now():%Y-%m-%dT%H:%M}")


async def sync_page(app: App, lease: Lease) -> None:
    """Job: read one page and queue the next. After the last, archive the products that no page listed."""
    job, now = lease.job, app.clock.now()
    payload = job.payload or {}
    started, after = payload.get("started") or to_text(now), payload.get("after")
    page = await shops.ask(app, job.shop_id, lambda token: app.shopify.products(token, after))
    listed = [queries.save_listed(job.shop_id, product, now) for product in page.products]
    if page.cursor is None:
        rest = queries.archive_unlisted(job.shop_id, from_text(started), now)
        await app.db.batch(*lease.finish(now), *listed, rest)
        return
    more = {"started": started, "after": page.cursor}
    key = f"{SYNC}:{job.shop_id}:{started}:{page.cursor}"
    following = jobs.new(SYNC, job.shop_id, job.shop_id, at=now, dedupe_key=key, payload=more)
    await app.db.batch(*lease.finish(now), *listed, jobs.insert(following, now))
    await app.queue.wake(following.id)


async def on_sync_failure(app: App, job: Job, fault: AppError) -> list[object]:
    """Products stay as they are. The list of jobs shows the error, and the merchant can start another sync."""
    app.log.warning("products_not_synced", shop=job.shop_id, code=fault.code)
    return []


def _id_of(payload: Any) -> str:
    """Raises ValueError."""
    product_id = shopify_id(payload.get("id")) if isinstance(payload, dict) else None
    if product_id is None:
        raise ValueError("no readable product id")
    return product_id


async def _start(app: App, shop_id: str, occasion: str) -> None:
    now = app.clock.now()
    job = jobs.new(SYNC, shop_id, shop_id, at=now, dedupe_key=f"{SYNC}:{shop_id}:{occasion}")
    (result,) = await app.db.batch(jobs.requeue(job, now))
    await app.queue.wake(*[str(row["id"]) for row in result.rows])


async def _fields(app: App, lease: Lease) -> dict[str, Any] | None:
    """The fields of a product webhook; None if its job has ended because the app is not installed."""
    delivery = await shops.delivery_here(app, lease)
    return delivery.fields if delivery else None


def _done(lease: Lease, now: datetime) -> list[Any]:
    job = lease.job
    return [*lease.finish(now), shops.close_delivery(job.shop_id, job.subject_id, "done", None, now)]
