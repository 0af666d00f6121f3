"""Products follow Shopify: told by webhooks, and read whole by cursor. Nothing here touches what was ordered."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from app import jobs, shops
from app.catalog import queries
from app.core.app import App
from app.core.errors import AppError
from app.core.json_values import moment, shopify_id, text
from app.core.ports import ListedProduct
from app.core.times import from_text, to_text
from app.jobs import Job, Lease

UPDATE = "catalog.update_product"
DELETE = "catalog.delete_product"
SYNC = "catalog.sync_products"
LONGEST_TEXT = 255
"""Characters of a title or handle, as Shopify has it."""
ON_SALE = ("active", "unlisted")
"""An unlisted product is sold to who has its address."""


def product_fields(payload: Any) -> dict[str, Any]:
    """What we keep of products/update. Raises ValueError when it is no product, or does not say its title and time."""
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
    """What we keep of products/delete. Raises ValueError when it names no product.

    Its body is an id alone (shopify.app.toml asks for no more). That of a products/update, signed alike, must not
    archive the product.
    """
    if not {"id", "admin_graphql_api_id"}.issuperset(payload):
        raise ValueError("more than an id")
    return {"id": _id_of(payload)}


async def update_product(app: App, lease: Lease) -> None:
    """The job of a products/update webhook; one older than what is known changes nothing."""
    fields, now = await _fields(app, lease), app.clock.now()
    if fields is None:
        return
    told = ListedProduct(
        shopify_product_id=fields["id"],
        title=fields["title"],
        handle=fields["handle"],
        is_active=fields["is_active"],
        changed_at=from_text(fields["updated_at"]),
    )
    await app.db.batch(*_done(lease, now), queries.save_listed(lease.job.shop_id, told, now))


async def delete_product(app: App, lease: Lease) -> None:
    """The job of a products/delete webhook: archived for good, and what was ordered of it is printed all the same."""
    fields, now = await _fields(app, lease), app.clock.now()
    if fields is None:
        return
    await app.db.batch(*_done(lease, now), *queries.archive(lease.job.shop_id, fields["id"], now))


async def expect_sync(app: App, shop: shops.Shop) -> None:
    """Read the shop's products once an installation; asked again, nothing happens unless that failed."""
    await _start(app, shop.id, to_text(shop.installed_at) if shop.installed_at else "")


async def sync_products(app: App, shop_id: str) -> None:
    """Read the shop's products again; twice within a minute is once."""
    await _start(app, shop_id, f"{app.clock.now():%Y-%m-%dT%H:%M}")


async def sync_page(app: App, lease: Lease) -> None:
    """The job: one page, then the next. After the last, what was on none is archived: it was deleted unheard."""
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


async def sync_given_up(app: App, job: Job, fault: AppError) -> list[object]:
    """Products stay as they were; the list of jobs shows the fault, and the merchant may ask again."""
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
    """What a webhook told of a product; None when its job has ended, as that of a shop that has left."""
    delivery = await shops.delivery_here(app, lease)
    return delivery.fields if delivery else None


def _done(lease: Lease, now: datetime) -> list[Any]:
    job = lease.job
    return [*lease.finish(now), shops.close_delivery(job.shop_id, job.subject_id, "done", None, now)]
