"""What a print file is made from, and how it is recorded.

Both the app's own worker and remote render workers use this module.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from app import jobs, media
from app.core.app import App
from app.core.errors import NotFound, Refused
from app.core.ids import new_id
from app.core.pictures import Picture, PrintSpec
from app.jobs import Lease
from app.personalization.model import NOTE, Generation, PrintReport, StoredPrint
from app.personalization.order_rules import PICTURE_GONE, OrderItem
from app.personalization.print_sizes import Size
from app.personalization.queries import lines, orders, previews, prints
from app.render_workers import Input, Output

FOLDER = "personalization"
PROFILE_GONE = "The blank's colour profile no longer exists. Upload it again."
PRINT = "print"
"""The asset purpose of a print file."""


@dataclass(frozen=True)
class PrintParts:
    """The parts that the print file of an order line is made from."""

    item: OrderItem
    design: Generation
    size: Size
    master: media.Asset

    @property
    def spec(self) -> PrintSpec:
        return replace(self.size.print_spec, by_ai=not self.design.is_unstyled)

    @property
    def inputs(self) -> dict[str, Input]:
        """The approved master, and the ICC profile of the blank if it has one."""
        inputs = {"picture": Input(self.master.key, "master_missing", PICTURE_GONE)}
        if profile := self.size.profile_key:
            inputs["profile"] = Input(profile, "profile_missing", PROFILE_GONE)
        return inputs

    @property
    def outputs(self) -> dict[str, Output]:
        return {PRINT: Output(self.spec.mime, self.spec.most_bytes)}

    def stored_print(self, asset: media.Asset, report: PrintReport) -> StoredPrint:
        """Return the record of how the print file `asset` was made from these parts."""
        width, height = self.master.width or 1, self.master.height or 1
        return StoredPrint(asset, self.spec.enlargement(width, height), width, height, report)


async def print_parts(app: App, shop_id: str, item_id: str) -> PrintParts:
    """Read the parts of a line's print file. Raises NotFound if one of them no longer exists."""
    line = await lines.line_parts(app.db, shop_id, item_id)
    if line is None or not line.item.preview_generation_id or not line.item.size_id:
        raise NotFound("This order line, its design or its size no longer exists.")
    if line.design is None or line.size is None or line.master is None:
        raise NotFound(PICTURE_GONE, code="master_missing")
    return PrintParts(line.item, line.design, line.size, line.master)


async def record(
    app: App,
    lease: Lease,
    parts: PrintParts,
    file: Picture | media.File | media.ArrivedFile,
    report: PrintReport,
    started: datetime,
) -> None:
    """Store the print file and finish the job in one batch, so that of several workers only one succeeds.

    Raises Refused if the line already has a print file or the lease is no longer held; the file is then discarded.
    """
    item, design = parts.item, parts.design
    stored = await media.store(
        app,
        item.shop_id,
        {PRINT: file},
        folder=FOLDER,
        subject=item.id,
        attempt=lease.attempt,
        owner=("order_item", item.id),
        person=design,
        filename=await _filename(app, parts),
    )
    asset, final_id, now = stored.assets[PRINT], new_id(), app.clock.now()
    note = jobs.new(NOTE, item.shop_id, item.id, at=now)
    final = prints.insert_final(design, final_id, item.order_id, parts.stored_print(asset, report), started, now)
    try:
        await app.db.batch(
            *lease.finish(now),
            *stored.rows(now),
            final,
            prints.finish_item(item.shop_id, item.id, asset.id, final_id, now),
            jobs.insert(note, now),
        )
    except Refused:
        await stored.discard()
        raise
    await app.queue.wake(note.id)


async def _filename(app: App, parts: PrintParts) -> str:
    """Return a file name for the print shop: order, product, size and style. It contains no personal data."""
    item = parts.item
    order = await orders.order_by_id(app.db, item.shop_id, item.order_id)
    style = await previews.style(app.db, item.shop_id, parts.design.ai_style_id)
    named = [order.order_number if order else "", item.title, parts.size.name, style and style.name]
    words = ["".join(c if c.isascii() and c.isalnum() else "-" for c in part).strip("-") for part in named if part]
    return "-".join(word for word in words if word) + f".{media.EXTENSIONS[parts.spec.mime]}"
