"""The editor of a blank: what it is called, how its print files are made, and its print sizes."""

from __future__ import annotations

import asyncio
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import get_args

from app.core.app import App
from app.core.errors import Conflict, NotFound, Refused, Unprocessable
from app.core.ids import new_id
from app.core.pictures import Intent, PrintFormat
from app.core.read_batch import ReadBatch
from app.core.times import to_text
from app.personalization.model import EditedBlank, EditedSize
from app.personalization.print_rendering import MOST_PIXELS, MOST_SIDE
from app.personalization.print_sizes import MM_PER_INCH
from app.personalization.queries import blanks
from app.shops import Shop

LONGEST_NAME = 60
LONGEST_DESCRIPTION = 500
MOST_OPTIONS = 3
"""As many as a Shopify product has."""
MOST_SIZES = 100
DPI_RANGE = (50, 1200)
LEAST_SIDE = 100
"""Pixels. Nothing that is sold is smaller: 100 pixels are 8 mm at 300 dpi."""
MOST_BLEED_MM = 50
UNITS = {"mm": "mm", "in": "inches", "px": "pixels"}
FORMATS: tuple[PrintFormat, ...] = get_args(PrintFormat)
INTENTS: tuple[Intent, ...] = get_args(Intent)
_COLOUR = re.compile(r"#[0-9a-f]{6}")


@dataclass(frozen=True)
class BlankForm:
    """The fields of a blank as text. Option names are separated by commas; the price is in the shop's currency.

    `seen` identifies the saved values that the form shows, so that it cannot undo what somebody else has saved.
    """

    name: str = ""
    description: str = ""
    options: str = ""
    price: str = ""
    format: str = "jpg"
    intent: str = "relative"
    background: str = "#ffffff"
    seen: str = ""


@dataclass(frozen=True)
class SizeForm:
    """The fields of a print size as text. Width and height are in `unit`; bleed and safe margin in millimetres."""

    name: str = ""
    values: str = ""
    width: str = ""
    height: str = ""
    unit: str = "mm"
    dpi: str = "300"
    bleed: str = "0"
    safe: str = "0"
    price: str = ""
    active: bool = True
    seen: str = ""


@dataclass(frozen=True)
class BlankEditor:
    """A blank with its print sizes, as the editor shows them. `id` is None for a blank that is not saved yet."""

    id: str | None
    form: BlankForm
    sizes: list[EditedSize]


class OpenOrders(Conflict):
    """Orders that are not printed yet would be printed differently. `numbers` are some of theirs."""

    def __init__(self, numbers: Sequence[str], count: int):
        named = ", ".join(numbers) + (f" and {count - len(numbers)} more" if count > len(numbers) else "")
        are = "An order is" if count == 1 else f"{count} orders are"
        super().__init__(
            f"{are} not printed yet and would be printed with the new values: {named}. To change them too, tick this "
            "box, then save again.",
            code="open_orders",
            field="confirmed",
        )
        self.numbers = list(numbers)


async def blank_editor(app: App, shop_id: str, base_id: str) -> BlankEditor:
    """Raises NotFound."""
    at_once = ReadBatch(app.db)
    blank, sizes = await asyncio.gather(
        blanks.edited_blank(at_once, shop_id, base_id), blanks.edited_sizes(at_once, shop_id, base_id)
    )
    if blank is None:
        raise NotFound()
    return BlankEditor(blank.id, _form_of(blank), sizes)


async def create_blank(app: App, shop: Shop, form: BlankForm) -> BlankEditor:
    """Add a blank without print sizes. Raises Unprocessable with the field that is wrong."""
    base_id, now = new_id(), app.clock.now()
    await app.db.batch(blanks.insert_edited(shop.id, base_id, _blank(form, base_id, shop.currency, now), now))
    return await blank_editor(app, shop.id, base_id)


async def save_blank(app: App, shop: Shop, base_id: str, form: BlankForm, *, confirmed: bool = False) -> BlankEditor:
    """Save how a blank is called and printed.

    Raises NotFound, Unprocessable, OpenOrders unless `confirmed`, and Conflict if it was saved in the meantime.
    """
    editor, now = await blank_editor(app, shop.id, base_id), app.clock.now()
    blank = _blank(form, base_id, shop.currency, now)
    before = editor.form
    if (form.format, form.intent, form.background) != (before.format, before.intent, before.background):
        await _ask(app, shop.id, [size.id for size in editor.sizes], confirmed)
    await _save(app, blanks.save_blank(shop.id, base_id, blank, form.seen, now))
    return await blank_editor(app, shop.id, base_id)


async def add_size(app: App, shop_id: str, base_id: str, form: SizeForm) -> BlankEditor:
    """Add a print size to a blank as its last one. Raises NotFound and Unprocessable."""
    editor, now = await blank_editor(app, shop_id, base_id), app.clock.now()
    if len(editor.sizes) >= MOST_SIZES:
        raise Unprocessable(f"A blank can have up to {MOST_SIZES} print sizes.", code="too_many_sizes", field="name")
    size = _size(form, new_id(), now)
    await app.db.batch(blanks.insert_size(shop_id, base_id, size, len(editor.sizes), now))
    return await blank_editor(app, shop_id, base_id)


async def save_size(
    app: App, shop_id: str, base_id: str, size_id: str, form: SizeForm, *, confirmed: bool = False
) -> BlankEditor:
    """Save a print size.

    Raises NotFound, Unprocessable, OpenOrders unless `confirmed`, and Conflict if it was saved in the meantime.
    """
    editor, now = await blank_editor(app, shop_id, base_id), app.clock.now()
    before = next((size for size in editor.sizes if size.id == size_id), None)
    if before is None:
        raise NotFound()
    size = _size(form, size_id, now)
    if size.as_printed != before.as_printed:
        await _ask(app, shop_id, [size_id], confirmed)
    await _save(app, blanks.save_size(shop_id, base_id, size, form.seen, now))
    return await blank_editor(app, shop_id, base_id)


async def _ask(app: App, shop_id: str, size_ids: Sequence[str], confirmed: bool) -> None:
    """Raise OpenOrders unless the merchant has confirmed the change, or no order waits for a print in these sizes."""
    if confirmed or not size_ids:
        return
    found = await blanks.open_orders(app.db, shop_id, size_ids)
    if found:
        raise OpenOrders([number or "an order without a number" for number in found[:5]], len(found))


async def _save(app: App, statement: object) -> None:
    try:
        await app.db.batch(statement)
    except Refused as refused:
        raise Conflict(
            "This was changed in another tab. Copy what you typed, then reload the page.", code="changed_elsewhere"
        ) from refused


def _form_of(blank: EditedBlank) -> BlankForm:
    return BlankForm(
        name=blank.name,
        description=blank.description or "",
        options=", ".join(blank.option_names or []),
        price=money(blank.base_price),
        format=blank.print_format,
        intent=blank.intent,
        background=blank.background,
        seen=to_text(blank.updated_at),
    )


def _blank(form: BlankForm, base_id: str, currency: str, at: datetime) -> EditedBlank:
    """Check the form of a blank. Raises Unprocessable with the field that is wrong."""
    description = form.description.strip()
    if len(description) > LONGEST_DESCRIPTION:
        raise _wrong("description", f"Enter up to {LONGEST_DESCRIPTION} characters.")
    options = _listed(form.options)
    if len(options) > MOST_OPTIONS or any(len(option) > LONGEST_NAME for option in options):
        raise _wrong("options", f"Enter up to {MOST_OPTIONS} names, such as Size, Colour.")
    if form.format not in FORMATS:
        raise _wrong("format", "Choose one of the formats.")
    if form.intent not in INTENTS:
        raise _wrong("intent", "Choose one of the methods.")
    background = form.background.strip().lower()
    if not _COLOUR.fullmatch(background):
        raise _wrong("background", "Enter a colour such as #ffffff.")
    price = _price(form.price)
    return EditedBlank(
        id=base_id,
        name=_name(form.name),
        description=description or None,
        option_names=options,
        base_price=price,
        currency=currency if price is not None else None,
        print_format=form.format,
        intent=form.intent,
        background=background,
        updated_at=at,
    )


def _size(form: SizeForm, size_id: str, at: datetime) -> EditedSize:
    """Check the form of a print size and convert it to pixels. Raises Unprocessable with the field that is wrong."""
    dpi = _number(form.dpi)
    if dpi is None or dpi != round(dpi) or not DPI_RANGE[0] <= dpi <= DPI_RANGE[1]:
        raise _wrong("dpi", f"Enter a whole number from {DPI_RANGE[0]} to {DPI_RANGE[1]}.")
    if form.unit not in UNITS:
        raise _wrong("unit", "Choose one of the units.")
    scale = {"mm": dpi / MM_PER_INCH, "in": dpi, "px": 1.0}[form.unit]
    sides = {name: _side(name, getattr(form, name), scale, form.unit) for name in ("width", "height")}
    margins = {name: _margin(name, getattr(form, name)) for name in ("bleed", "safe")}
    shorter_mm = min(sides.values()) / dpi * MM_PER_INCH
    if margins["safe"] * 2 >= shorter_mm:
        raise _wrong("safe", "The safe margin must be less than half of the shorter side.")
    bleed = 2 * margins["bleed"] / MM_PER_INCH * dpi
    if (sides["width"] + bleed) * (sides["height"] + bleed) > MOST_PIXELS:
        raise _wrong(
            "width", f"This is more than {MOST_PIXELS // 1_000_000} megapixels. Enter a smaller size or fewer dpi."
        )
    return EditedSize(
        id=size_id,
        name=_name(form.name),
        option_values=_listed(form.values) or [_name(form.name)],
        width_px=sides["width"],
        height_px=sides["height"],
        bleed_mm=margins["bleed"],
        safe_mm=margins["safe"],
        dpi=int(dpi),
        price_modifier=_price(form.price, may_be_negative=True) or 0,
        is_active=form.active,
        updated_at=at,
    )


def _side(name: str, text: str, scale: float, unit: str) -> int:
    value = _number(text)
    pixels = round(value * scale) if value is not None and value * scale < 10 * MOST_SIDE else None
    if value is None or pixels is None or not LEAST_SIDE <= pixels <= MOST_SIDE:
        least, most = math.ceil(LEAST_SIDE / scale * 10) / 10, math.floor(MOST_SIDE / scale * 10) / 10
        raise _wrong(name, f"Enter a number from {least:g} to {most:g} {UNITS[unit]}.")
    return pixels


def _margin(name: str, text: str) -> float:
    value = _number(text or "0")
    if value is None or not 0 <= value <= MOST_BLEED_MM:
        raise _wrong(name, f"Enter millimetres from 0 to {MOST_BLEED_MM}.")
    return value


def _name(text: str) -> str:
    name = " ".join(text.split())
    if not name:
        raise _wrong("name", "Enter a name.")
    if len(name) > LONGEST_NAME:
        raise _wrong("name", f"Enter up to {LONGEST_NAME} characters.")
    return name


def _price(text: str, *, may_be_negative: bool = False) -> int | None:
    """Read an amount as minor units: hundredths. None if it is empty."""
    if not text.strip():
        return None
    value = _number(text)
    if value is None or abs(value) > 1_000_000 or (value < 0 and not may_be_negative):
        raise _wrong("price", "Enter an amount such as 12.50.")
    return round(value * 100)


def money(minor: int | None) -> str:
    """Write minor units as the forms take them; empty for None."""
    return "" if minor is None else f"{minor / 100:.2f}"


def _listed(text: str) -> list[str]:
    return [name for each in text.split(",") if (name := " ".join(each.split()))]


def _number(text: str) -> float | None:
    """Read a number with a decimal point or comma."""
    try:
        found = float(text.strip().replace(",", "."))
    except ValueError:
        return None
    return found if math.isfinite(found) else None


def _wrong(field: str, message: str) -> Unprocessable:
    return Unprocessable(message, code="bad_field", field=field)
