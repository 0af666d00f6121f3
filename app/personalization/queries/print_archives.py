"""SQL for ZIPs of print files, and for which lines were sent to the printer."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, delete, exists, select, update

from app.core.ports.database import Database, Expect
from app.core.rows import part
from app.core.statements import built_once
from app.core.tables import among, unindexed, upsert
from app.media.tables import assets
from app.personalization.model import OPEN_ARCHIVE, PrintArchive
from app.personalization.packing_list import ReadyLine
from app.personalization.print_sizes import Size
from app.personalization.queries.offers import SIZE, with_size
from app.personalization.tables import is_ready, is_unsent, order_items, orders, print_archives

ARCHIVE = [print_archives.c[name] for name in PrintArchive.__dataclass_fields__ if name != "key"]


async def archive(db: Database, shop_id: str) -> PrintArchive | None:
    """Return the shop's latest ZIP, with the key of its file while that exists."""
    row = await db.one(_archive_row(shop_id))
    return PrintArchive(**row) if row else None


@built_once
def _archive_row(shop_id: str) -> Any:
    file = and_(assets.c.id == print_archives.c.asset_id, assets.c.deleted_at.is_(None))
    return select(*ARCHIVE, assets.c.key).outerjoin(assets, file).where(print_archives.c.shop_id == shop_id)


async def ready_lines(
    db: Database, shop_id: str, with_sent: bool, since: datetime | None, until: datetime | None, limit: int
) -> list[ReadyLine]:
    """Return the lines whose print files are ready, oldest first; those marked as sent only if `with_sent`."""
    rows = await db.all(_ready_lines(shop_id, with_sent, since, until, limit))
    return [_ready_line(dict(row)) for row in rows]


@built_once
def _ready_lines(shop_id: str, with_sent: bool, since: datetime | None, until: datetime | None, limit: int) -> Any:
    at, printed = order_items.c.created_at, assets.alias("printed")
    within = [] if since is None else [at >= since]
    within += [] if until is None else [at < until]
    page = (
        select(order_items.c.id, at)
        .where(order_items.c.shop_id == shop_id, is_ready() if with_sent else is_unsent(), *within)
        .order_by(at, order_items.c.id)
        .limit(limit)
        .subquery("page")
    )
    line = and_(order_items.c.shop_id == shop_id, order_items.c.id == page.c.id)
    rows = (
        page.outerjoin(order_items, line)
        .outerjoin(orders, orders.c.id == order_items.c.order_id)
        .outerjoin(printed, printed.c.id == order_items.c.print_asset_id)
    )
    columns = (
        order_items.c.id.label("item_id"),
        *(order_items.c[name] for name in ("shopify_line_item_id", "title", "quantity")),
        orders.c.order_number,
        printed.c.id.label("asset_id"),
        case((printed.c.deleted_at.is_(None), printed.c.key)).label("key"),
        *(printed.c[name] for name in ("filename", "bytes", "width", "height")),
    )
    lines = select(*columns, *SIZE).select_from(with_size(shop_id, rows, order_items.c.size_id))
    return lines.order_by(page.c.created_at, page.c.id)


def _ready_line(row: dict[str, Any]) -> ReadyLine:
    rest = {name: value for name, value in row.items() if not name.startswith("size_")}
    return ReadyLine(**rest, size=part(row, Size, "size"))


def delete_ended(shop_id: str, at: datetime) -> list[Any]:
    """Delete the shop's ZIP unless it is being made; the sweep deletes its file."""
    return [_expire_file(shop_id, at), _delete_ended(shop_id)]


@built_once
def _expire_file(shop_id: str, at: datetime) -> Any:
    return (
        update(assets)
        .where(assets.c.shop_id == shop_id, assets.c.id.in_(_files(shop_id)))
        .values(expires_at=at, updated_at=at)
    )


@built_once
def _delete_ended(shop_id: str) -> Any:
    return delete(print_archives).where(print_archives.c.shop_id == shop_id, ~_is_open())


@built_once
def insert(archive: PrintArchive) -> Expect:
    """Insert a ZIP that is to be made. Refused with `archive_open` if another one of the shop is being made."""
    row = {column.name: getattr(archive, column.name) for column in ARCHIVE}
    return Expect(
        upsert(print_archives)
        .values(**row, updated_at=archive.created_at)
        .on_conflict_do_nothing(index_elements=["shop_id"]),
        "archive_open",
    )


@built_once
def proceed(shop_id: str, archive_id: str, progress: int, at: datetime) -> Expect:
    """Set the progress in percent. Refused with `archive_ended` if the ZIP was cancelled."""
    return Expect(
        _open(shop_id, archive_id).values(status="processing", progress=progress, updated_at=at), "archive_ended"
    )


@built_once
def complete(
    shop_id: str,
    archive_id: str,
    asset_id: str,
    print_asset_ids: list[str],
    missing: int,
    has_more: bool,
    at: datetime,
) -> Expect:
    """Record the file of a ZIP. Refused with `archive_ended` if the ZIP was cancelled."""
    return Expect(
        _open(shop_id, archive_id).values(
            status="completed",
            progress=100,
            asset_id=asset_id,
            print_asset_ids=print_asset_ids,
            missing=missing,
            has_more=has_more,
            completed_at=at,
            updated_at=at,
        ),
        "archive_ended",
    )


@built_once
def fail(shop_id: str, archive_id: str, message: str, at: datetime) -> Any:
    return _open(shop_id, archive_id).values(status="failed", error_message=message, updated_at=at)


@built_once
def cancel(shop_id: str, archive_id: str, at: datetime) -> Expect:
    """Cancel a ZIP. Refused with `archive_ended` if it is not being made any more."""
    return Expect(_open(shop_id, archive_id).values(status="cancelled", updated_at=at), "archive_ended")


def mark_archive_sent(shop_id: str, archive: PrintArchive, at: datetime) -> list[Any]:
    """Mark the lines whose files are in a ZIP as sent, if they still have these files and were not marked before."""
    unsent = update(order_items).where(
        unindexed(order_items.c.shop_id) == shop_id,
        among(order_items.c.print_asset_id, archive.print_asset_ids or ()),
        is_unsent(),
    )
    return [unsent.values(sent_to_printer_at=at, updated_at=at), _set_archive_sent(shop_id, archive.id, at, at)]


def mark_archive_unsent(shop_id: str, archive: PrintArchive, at: datetime) -> list[Any]:
    """Undo `mark_archive_sent`. Lines that were marked one by one stay marked."""
    marked = update(order_items).where(
        unindexed(order_items.c.shop_id) == shop_id,
        among(order_items.c.print_asset_id, archive.print_asset_ids or ()),
        order_items.c.sent_to_printer_at == archive.sent_at,
    )
    return [marked.values(sent_to_printer_at=None, updated_at=at), _set_archive_sent(shop_id, archive.id, None, at)]


@built_once
def _set_archive_sent(shop_id: str, archive_id: str, sent_at: datetime | None, at: datetime) -> Any:
    return (
        update(print_archives)
        .where(print_archives.c.shop_id == shop_id, print_archives.c.id == archive_id)
        .values(sent_at=sent_at, updated_at=at)
    )


@built_once
def mark_sent(shop_id: str, item_id: str, at: datetime) -> Any:
    """Mark a line as sent, if its print file is ready and it was not marked before."""
    one = update(order_items).where(order_items.c.shop_id == shop_id, order_items.c.id == item_id, is_unsent())
    return one.values(sent_to_printer_at=at, updated_at=at)


@built_once
def mark_unsent(shop_id: str, item_id: str, at: datetime) -> Any:
    one = update(order_items).where(order_items.c.shop_id == shop_id, order_items.c.id == item_id)
    return one.values(sent_to_printer_at=None, updated_at=at)


def withdraw(shop_id: str, lines: ColumnElement[bool], at: datetime) -> list[Any]:
    """Delete the shop's ZIP, finished or not, if one of these lines has a print file, which may be in it.

    The sweep deletes the file of the ZIP within a minute.
    """
    mine = unindexed(order_items.c.shop_id) == shop_id
    printed = exists().where(mine, order_items.c.print_asset_id.is_not(None), lines)
    file = assets.c.id.in_(_files(shop_id))
    return [
        update(assets).where(assets.c.shop_id == shop_id, file, printed).values(expires_at=at, updated_at=at),
        delete(print_archives).where(print_archives.c.shop_id == shop_id, printed),
    ]


def _open(shop_id: str, archive_id: str) -> Any:
    return update(print_archives).where(
        print_archives.c.shop_id == shop_id, print_archives.c.id == archive_id, _is_open()
    )


def _is_open() -> ColumnElement[bool]:
    return print_archives.c.status.in_(OPEN_ARCHIVE)


def _files(shop_id: str) -> Select[tuple[str]]:
    ended = and_(print_archives.c.asset_id.is_not(None), print_archives.c.shop_id == shop_id)
    return select(print_archives.c.asset_id).where(ended)
