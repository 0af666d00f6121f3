"""Print files: exactly one for each paid line, made from the approved master."""

from __future__ import annotations

from datetime import datetime, timedelta

from app import generation, jobs, media, shops
from app.core.app import App
from app.core.errors import AppError, Conflict, NotFound, Refused
from app.core.ids import new_id
from app.core.pictures import PrintFile, PrintSpec
from app.core.ports import PrintNote
from app.jobs import Job, Lease
from app.personalization import queries
from app.personalization.matching import match_line
from app.personalization.model import PRINT_DPI, Generation, OrderCard, OrderItem, OrderLine, Size

FINALIZE = "personalization.finalize"
NOTE = "personalization.note_print"
READY_TAG = "artify-print-ready"
LINK_LIFE = timedelta(hours=1)


def finalize_job(shop_id: str, item_id: str, at: datetime) -> Job:
    return jobs.new(FINALIZE, shop_id, item_id, at=at)


async def finalize(app: App, lease: Lease) -> None:
    """The job: the approved master becomes a print file of exact pixels, 300 dpi, sRGB."""
    shop_id, started = lease.job.shop_id, app.clock.now()
    item, design, size, master = await _ingredients(app, shop_id, lease.job.subject_id)
    if item.print_asset_id:
        await app.db.batch(*lease.finish(started))
        return
    await app.db.batch(queries.set_item_state(shop_id, item.id, "printing", None, started))
    spec = PrintSpec(size.width_px, size.height_px, PRINT_DPI)
    made = await app.imaging.print_file(await app.files.get(master.key), spec, app.upscaler)
    await _store(app, lease, item, design, made, started)


async def give_up(app: App, job: Job, fault: AppError) -> list[object]:
    """The print failed: the merchant sees why, and can try again."""
    return [queries.set_item_state(job.shop_id, job.subject_id, "failed", fault.message, app.clock.now())]


async def note_print(app: App, lease: Lease) -> None:
    """The job: tell the order in Shopify of its print file. Everything it does can be repeated."""
    shop_id, now = lease.job.shop_id, app.clock.now()
    item = await queries.item(app.db, shop_id, lease.job.subject_id)
    order = await queries.order_by_id(app.db, shop_id, item.order_id) if item else None
    asset = await media.asset(app.db, shop_id, item.print_asset_id) if item and item.print_asset_id else None
    if item is None or order is None or asset is None:
        raise NotFound("The print file is gone.")
    token = await shops.access_token(app, shop_id)
    note = PrintNote(
        order_id=order["shopify_order_id"],
        line_item_id=item.shopify_line_item_id,
        file_id=asset.id,
        filename=asset.filename or "",
        width=asset.width or 0,
        height=asset.height or 0,
        dpi=PRINT_DPI,
    )
    await app.shopify.note_print(token, note)
    others = await queries.items_of_order(app.db, shop_id, item.order_id)
    if all(other.state == "ready" for other in others):
        await app.shopify.tag_order(token, order["shopify_order_id"], READY_TAG)
    await app.db.batch(*lease.finish(now))


async def note_given_up(app: App, job: Job, fault: AppError) -> list[object]:
    """The print is made all the same: the merchant has it in the app. The job list shows the fault."""
    app.log.warning("order_not_told", item=job.subject_id, code=fault.code)
    return []


async def retry_print(app: App, shop_id: str, item_id: str, *, approved: bool) -> OrderCard:
    """Judge a line again, and queue it when it can be printed; `approved` accepts a mismatch.

    Raises NotFound, Conflict.
    """
    item = await queries.item(app.db, shop_id, item_id)
    order = await queries.order_by_id(app.db, shop_id, item.order_id) if item else None
    if item is None or order is None:
        raise NotFound()
    if item.print_asset_id or item.state not in ("failed", "needs_review", "unmapped", "waiting"):
        raise _not_retryable()
    line = OrderLine(
        item.shopify_line_item_id,
        item.shopify_product_id,
        item.shopify_variant_id,
        item.title or "",
        item.quantity,
        item.preview_ref,
    )
    paid = order["paid_at"] is not None and order["cancelled_at"] is None
    verdict = await match_line(app, shop_id, line, order["customer_id"], paid=paid, approved=approved)
    now = app.clock.now()
    again = [jobs.requeue(finalize_job(shop_id, item_id, now), now)] if verdict.state == "queued" else []
    try:
        results = await app.db.batch(queries.rematch_item(shop_id, item_id, verdict, now), *again)
    except Refused as refused:  # its print was made meanwhile
        raise _not_retryable() from refused
    await app.queue.wake(*[row["id"] for result in results for row in result.rows])
    return await order_card(app, shop_id, item_id)


async def order_card(app: App, shop_id: str, item_id: str) -> OrderCard:
    """Raises NotFound."""
    for card in await queries.order_cards(app.db, shop_id, 1, item_id):
        return card
    raise NotFound()


def print_link(app: App, card: OrderCard) -> str | None:
    """A short-lived link that saves the print file under its name."""
    if card.print_key is None:
        return None
    return app.files.link(card.print_key, expires_at=app.clock.now() + LINK_LIFE, filename=card.print_filename)


def _not_retryable() -> Conflict:
    return Conflict("This line is being printed, or its print is ready.", code="not_retryable")


async def _ingredients(app: App, shop_id: str, item_id: str) -> tuple[OrderItem, Generation, Size, media.Asset]:
    item = await queries.item(app.db, shop_id, item_id)
    if item is None or not item.preview_generation_id or not item.size_id:
        raise NotFound("This order line, its design or its size is gone.")
    design = await queries.generation(app.db, shop_id, item.preview_generation_id)
    size = await queries.size(app.db, shop_id, item.size_id)
    master = await media.asset(app.db, shop_id, design.master_asset_id) if design and design.master_asset_id else None
    if design is None or size is None or master is None:
        raise NotFound("The picture that was approved is gone.", code="master_missing")
    return item, design, size, master


async def _store(
    app: App, lease: Lease, item: OrderItem, design: Generation, made: PrintFile, started: datetime
) -> None:
    """The file under this attempt's key, then one batch that names the winner."""
    picture, final_id = made.picture, new_id()
    key = media.object_key(item.shop_id, "personalization", item.id, "print", lease.token[:12], picture.mime)
    asset = media.new_asset(
        item.shop_id,
        key,
        "print",
        picture,
        owner=("order_item", item.id),
        shopper_id=design.shopper_id,
        guest_session_id=design.guest_session_id,
        filename=await _filename(app, item, design, key.rpartition(".")[2]),
    )
    await app.files.put(key, picture.data, picture.mime)
    now = app.clock.now()
    note = jobs.new(NOTE, item.shop_id, item.id, at=now)
    try:
        await app.db.batch(
            *lease.finish(now),
            media.insert_asset(asset, now),
            queries.insert_final(design, final_id, item.order_id, asset.id, made, started, now),
            queries.finish_item(item.shop_id, item.id, asset.id, final_id, now),
            generation.keep_storage(item.shop_id, asset.bytes, now),
            jobs.insert(note, now),
        )
    except Refused:
        await app.files.delete(key)
        raise
    await app.queue.wake(note.id)


async def _filename(app: App, item: OrderItem, design: Generation, extension: str) -> str:
    """A name that a print shop understands: order, product, size, style. No person's name is in it."""
    order = await queries.order_by_id(app.db, item.shop_id, item.order_id)
    size = await queries.size(app.db, item.shop_id, str(item.size_id))
    style = await queries.style(app.db, item.shop_id, design.ai_style_id)
    parts = [order["order_number"] if order else "", item.title, size and size.name, style and style.name]
    words = ["".join(c if c.isascii() and c.isalnum() else "-" for c in part).strip("-") for part in parts if part]
    return "-".join(word for word in words if word) + f".{extension}"
