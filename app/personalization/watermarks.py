"""The watermark of a shop's previews: read from a form, tried on a sample, and saved."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import get_args

from app.core.app import App
from app.core.errors import Unprocessable
from app.core.pictures import MarkPosition, Picture
from app.personalization.model import Watermark, default_watermark
from app.personalization.queries import offers
from app.personalization.starter_set import PICTURES
from app.shops import Shop

POSITIONS: tuple[MarkPosition, ...] = get_args(MarkPosition)
LONGEST_TEXT = 40
SIZE_RANGE = (5, 100)
"""The least and the greatest width of the mark, as a percentage of the preview's width."""
SAMPLE = "cat.jpg"
SAMPLE_SIDE = 512
"""Pixels of the sample: half of a preview's, which is how large shoppers see it on most screens."""


@dataclass(frozen=True)
class WatermarkForm:
    """The fields of the form as text, opacity and size in percent. `is_saved` is false until the merchant confirms
    the watermark that is made from the shop's name."""

    text: str
    position: str
    opacity: str
    size: str
    is_active: bool
    is_saved: bool = False


async def watermark_form(app: App, shop: Shop) -> WatermarkForm:
    saved = await offers.saved_watermark(app.db, shop.id)
    watermark = saved.watermark if saved else default_watermark(shop.id, shop.shop_name)
    return WatermarkForm(
        text=watermark.text or "",
        position=watermark.position,
        opacity=f"{watermark.opacity * 100:g}",
        size=f"{watermark.size_percentage:g}",
        is_active=saved.is_active if saved else True,
        is_saved=saved is not None,
    )


async def save_watermark_form(app: App, shop_id: str, form: WatermarkForm) -> WatermarkForm:
    """Save the watermark and return the form as saved. Raises Unprocessable with the field that is wrong."""
    watermark = watermark_of(form)
    await app.db.batch(offers.set_watermark(shop_id, watermark, app.clock.now(), is_active=form.is_active))
    return replace(form, text=watermark.text or "", is_saved=True)


async def sample(app: App, form: WatermarkForm) -> Picture:
    """Draw the watermark on a sample, as previews get it. Raises Unprocessable with the field that is wrong."""
    mark = watermark_of(form).mark(None) if form.is_active else None
    return await app.imaging.preview((PICTURES / SAMPLE).read_bytes(), max_side=SAMPLE_SIDE, mark=mark)


def watermark_of(form: WatermarkForm) -> Watermark:
    """Check the form. Raises Unprocessable with the field that is wrong."""
    text = " ".join(form.text.split())
    if not text:
        raise Unprocessable("Enter a text, such as the name of your shop.", code="no_text", field="text")
    if len(text) > LONGEST_TEXT:
        raise Unprocessable(f"Enter up to {LONGEST_TEXT} characters.", code="text_too_long", field="text")
    if not (text.isascii() and text.isprintable()):
        raise Unprocessable(
            "Use letters from A to Z without accents, digits and punctuation. Other characters cannot be drawn.",
            code="text_not_drawable",
            field="text",
        )
    position = next((each for each in POSITIONS if each == form.position), None)
    if position is None:
        raise Unprocessable("Choose one of the positions.", code="unknown_position", field="position")
    opacity = _number(form.opacity)
    if opacity is None or not 0 < opacity <= 100:
        raise Unprocessable("Enter a percentage above 0, up to 100.", code="bad_opacity", field="opacity")
    size = _number(form.size)
    if size is None or not SIZE_RANGE[0] <= size <= SIZE_RANGE[1]:
        raise Unprocessable(
            f"Enter a percentage from {SIZE_RANGE[0]} to {SIZE_RANGE[1]}.", code="bad_size", field="size"
        )
    return Watermark(text, opacity / 100, position, size, None)


def _number(text: str) -> float | None:
    """Read a number with a decimal point or comma, and with or without a percent sign."""
    try:
        found = float(text.strip().removesuffix("%").replace(",", "."))
    except ValueError:
        return None
    return found if math.isfinite(found) else None
