"""Print rendering: turn the approved master into a print file with the exact pixel size.

The work runs in this app or on a remote render worker.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from app import media
from app.core.app import App
from app.core.errors import AppError
from app.core.pictures import Picture, PrintSpec
from app.jobs import Lease
from app.media import ArrivedFile, File
from app.personalization.model import PrintReport
from app.personalization.print_files import FOLDER, PRINT, PrintParts, print_parts, record
from app.personalization.queries import prints
from app.render_workers import Made, Render, Tools

MOST_SIDE = 30_000  # pixels: 100 inches at 300 dpi
MOST_PIXELS = 400_000_000  # 60 × 72 inches at 300 dpi
_FIRST_BYTES = {"image/tiff": (b"II*\0", b"II+\0", b"MM\0*", b"MM\0+"), "application/pdf": (b"%PDF-",)}


async def _task(app: App, lease: Lease) -> PrintParts | None:
    """Return the parts of the line's print file, or None if the line already has one. Raises NotFound."""
    parts = await print_parts(app, lease.job.shop_id, lease.job.subject_id)
    return None if parts.item.print_asset_id else parts


async def _begin(app: App, parts: PrintParts) -> None:
    item = parts.item
    await app.db.batch(prints.set_item_state(item.shop_id, item.id, "printing", None, app.clock.now()))


async def _is_as_ordered(app: App, parts: PrintParts, name: str, key: str) -> bool:
    """Check the type and the exact pixel size of an uploaded print file by its header, without decoding it.

    TIFF and PDF may store their dimensions anywhere in the file, so only their first bytes are checked.
    """
    spec = parts.spec
    if spec.mime in _FIRST_BYTES:
        return (await app.files.get(key, 5)).startswith(_FIRST_BYTES[spec.mime])
    try:
        header = await media.read_header(app, key)
    except AppError as fault:
        if fault.retryable:
            raise
        return False
    return (header.mime, header.size) == (spec.mime, spec.full_size)


async def _record(
    app: App,
    lease: Lease,
    parts: PrintParts,
    files: Mapping[str, Picture | File | ArrivedFile],
    report: PrintReport,
    started: datetime,
) -> None:
    width, height = parts.spec.full_size
    await record(app, lease, parts, replace(files[PRINT], width=width, height=height), report, started)


def _is_sensible(spec: PrintSpec) -> bool:
    return (
        0 < spec.width <= MOST_SIDE
        and 0 < spec.height <= MOST_SIDE
        and math.prod(spec.full_size) <= MOST_PIXELS
        and 0 <= spec.bleed <= MOST_SIDE
        and 0 < spec.dpi <= MOST_SIDE
        and 1 <= spec.quality <= 100
    )


async def _make(tools: Tools, inputs: Mapping[str, bytes], spec: PrintSpec) -> Made[PrintReport]:
    made = await tools.imaging.print_file(inputs["picture"], spec, tools.upscaler, profile=inputs.get("profile"))
    return Made(
        {PRINT: made.picture},
        PrintReport(made.engine, made.tiles.total, made.tiles.fell_back),
        f"enlarged {made.factor:.2f} times by {made.engine}",
        (made.tiles.fault,) if made.tiles.fault else (),
    )


def _describe(spec: PrintSpec) -> str:
    return f"printing {spec.width} × {spec.height} pixels"


PRINT_RENDER = Render(
    folder=FOLDER,
    spec=PrintSpec,
    report=PrintReport,
    task=_task,
    begin=_begin,
    is_as_ordered=_is_as_ordered,
    record=_record,
    is_sensible=_is_sensible,
    make=_make,
    describe=_describe,
)
