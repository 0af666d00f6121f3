"""Jobs: choosing, leasing and finishing one, and the work of each kind that a deployment runs often."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from app import jobs
from app.catalog.sync import SYNC, UPDATE
from app.core.ids import new_id, new_token
from app.core.ports.shopify import ListedProduct, ProductPage
from app.jobs import Job, Lease
from app.notifications.mail import SEND
from app.personalization.model import NOTE
from app.personalization.order_actions import REMATCH
from app.personalization.orders import TAKE
from app.personalization.previews import PREVIEWS
from app.personalization.print_archives import PACK
from app.personalization.prints import FINALIZE
from bench.scale.site import Site
from bench.scale.use_cases import admin, storefront
from bench.scale.use_cases.model import Part, UseCase
from bench.scale.use_cases.webhooks import PAYLOADS, deliver
from handlers.jobs import KINDS
from tests.integration import webhooks

LISTED = 50


async def run_job(site: Site, job_id: str) -> None:
    """Run one job. Raises RuntimeError if it does not run, or does not complete at its first attempt."""
    job = await jobs.job(site.app.db, job_id)
    if not await jobs.run_one(site.app, KINDS, job_id):
        raise RuntimeError(f"the job {job_id} did not run")
    if job:
        site.used_kinds.add(job.kind)


async def check_job(site: Site, job_id: str) -> None:
    """Raise RuntimeError unless the job is done."""
    for row in await site.rows("SELECT kind, status, last_error FROM jobs WHERE id = ?", job_id):
        if row["status"] != "done":
            raise RuntimeError(f"the job ended otherwise: {row}")


async def is_gone(site: Site, job_id: str) -> None:
    """Raise RuntimeError unless the job has deleted its own row."""
    if left := await site.rows("SELECT kind, status, last_error FROM jobs WHERE id = ?", job_id):
        raise RuntimeError(f"the job is still there: {left}")


def of_kind(
    name: str,
    kind: str,
    cause: Callable[[Site], Awaitable[Any]],
    *,
    part: Part = Part.JOB,
    check: Callable[[Site, str], Awaitable[None]] = check_job,
) -> UseCase:
    """A use case that runs the job of this kind which `cause` has queued."""

    async def prepare(site: Site) -> str:
        await cause(site)
        return await site.newest_job(kind)

    async def run(site: Site, job_id: str) -> None:
        await run_job(site, job_id)

    return UseCase(name, part, run, prepare, check)


async def _due(site: Site, _: None) -> None:
    if await jobs.due(site.app.db, site.now, KINDS) is None:
        raise RuntimeError("no job is due")


async def _new_job(site: Site) -> Job:
    """A job of the lowest priority, so that no other use case meets it."""
    job = jobs.new(UPDATE, site.shop, new_id(), at=site.now, priority=-5)
    await site.app.db.batch(jobs.insert(job, site.now))
    return job


async def _lease(site: Site, job: Job) -> None:
    if not isinstance(await jobs.take(site.app, Lease(job, new_token(), KINDS[job.kind])), Lease):
        raise RuntimeError("the job could not be leased")


async def _leased_job(site: Site) -> Lease:
    job = await _new_job(site)
    taken = await jobs.take(site.app, Lease(job, new_token(), KINDS[job.kind]))
    if not isinstance(taken, Lease):
        raise RuntimeError("the job could not be leased")
    return taken


async def _finish(site: Site, lease: Lease) -> None:
    await site.app.db.batch(*lease.finish(site.now))


async def design(site: Site) -> tuple[Any, str]:
    """A new customer with a finished design, by its id."""
    shopper, asked = await storefront.ask(site)
    await run_job(site, await site.newest_job(PREVIEWS.name))
    return shopper, asked["id"]


async def ordered_line(site: Site, **changes: Any) -> None:
    """An order with one line whose webhook is queued."""
    shopper, design_id = await design(site)
    [row] = await site.rows(
        "SELECT p.shopify_product_id AS product, z.shopify_variant_id AS variant FROM generations g "
        "JOIN products p ON p.id = g.product_id JOIN sizes z ON z.id = g.size_id WHERE g.id = ?",
        design_id,
    )
    line = webhooks.line(design_id, product_id=int(row["product"]), variant_id=int(row["variant"])) | changes
    await deliver(site, "orders/paid", webhooks.order(line, customer={"id": int(shopper.customer)}))


async def _paid_line(site: Site) -> None:
    await ordered_line(site)
    await run_job(site, await site.newest_job(TAKE))


async def _printed_line(site: Site) -> None:
    await _paid_line(site)
    await run_job(site, await site.newest_job(FINALIZE))


async def _told_product(site: Site) -> None:
    await deliver(site, "products/update", PAYLOADS["products/update"](site))


async def _asked_sync(site: Site) -> None:
    """A sync of one page of products that Shopify lists."""
    found = await site.rows("SELECT * FROM products WHERE shop_id = ? LIMIT ?", site.shop, LISTED)
    listed = [ListedProduct(row["shopify_product_id"], row["title"], row["handle"], True, site.now) for row in found]
    site.shopify.pages = {None: ProductPage(listed, "more")}
    job = jobs.new(SYNC, site.shop, site.shop, at=site.now, dedupe_key=f"{SYNC}:{site.shop}:{new_id()}")
    await site.app.db.batch(jobs.insert(job, site.now))


async def _last_page(site: Site) -> None:
    await _asked_sync(site)
    rows = await site.rows("SELECT * FROM products WHERE shop_id = ?", site.shop)
    listed = [ListedProduct(row["shopify_product_id"], row["title"], row["handle"], True, site.now) for row in rows]
    site.shopify.pages = {None: ProductPage(listed[:LISTED], None)}
    await site.rows("UPDATE products SET synced_at = ? WHERE shop_id = ?", "9999-01-01T00:00:00.000Z", site.shop)


async def _mapped_variant(site: Site) -> None:
    line = await site.stuck_line("unmapped")
    job = jobs.new(REMATCH, site.shop, line["shopify_variant_id"], at=site.now, dedupe_key=f"{REMATCH}:{new_id()}")
    await site.app.db.batch(jobs.insert(job, site.now))


async def _due_mail(site: Site) -> None:
    await site.rows("UPDATE shops SET mailed_at = NULL WHERE id = ?", site.shop)
    await site.rows("DELETE FROM jobs WHERE shop_id = ? AND kind = ?", site.shop, SEND)
    job = jobs.new(SEND, site.shop, site.shop, at=site.now)
    await site.app.db.batch(jobs.insert(job, site.now))


USE_CASES = (
    UseCase("choose a due job", Part.JOB, _due, of_all_shops=True),
    UseCase("lease a job", Part.JOB, _lease, _new_job),
    UseCase("finish a job", Part.JOB, _finish, _leased_job),
    of_kind("make a preview", PREVIEWS.name, storefront.ask),
    of_kind("process an order's line", TAKE, ordered_line),
    of_kind("make a print", FINALIZE, _paid_line),
    of_kind("pack print files", PACK, admin.request_zip),
    of_kind("note a print on the order", NOTE, _printed_line),
    of_kind("update a product", UPDATE, _told_product),
    of_kind("sync a page of products", SYNC, _asked_sync),
    of_kind("sync the last page of products", SYNC, _last_page),
    of_kind("match a variant's lines again", REMATCH, _mapped_variant),
    of_kind("mail a merchant", SEND, _due_mail),
)
