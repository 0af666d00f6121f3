"""Photo checks: is a shopper's photo good enough for the print?

A photo is measured once, and the measurements are rated for each size.
"""

from __future__ import annotations

from collections.abc import Awaitable
from dataclasses import asdict, replace
from typing import Any, TypeVar

from app.core.app import App
from app.core.ports.imaging import Upscaler
from app.personalization import preflight
from app.personalization.model import Generation, OrderCard, crop_of
from app.personalization.photo_metrics import measure
from app.personalization.preflight import Figures, Preflight, Target
from app.personalization.print_sizes import Size

T = TypeVar("T")


async def measure_photo(app: App, wanted: Generation, size: Size, photo: bytes) -> Figures | None:
    """Measure the part of the photo that will be printed. Returns None if the measurement fails."""
    return await _none_on_failure(app, _measure(app, wanted, size, photo))


async def add_gamut(app: App, figures: Figures | None, size: Size, master: bytes) -> dict[str, Any] | None:
    """Return the figures as JSON for storage, with the share of the master's colours that the printer cannot reproduce.

    The share is None if the blank has no ICC profile. Returns None if there are no figures.
    """
    if figures is None:
        return None
    share = await _none_on_failure(app, _gamut(app, size, master)) if size.profile_key else None
    return asdict(replace(figures, gamut=share))


def rate(stored: dict[str, Any] | None, size: Size, upscaler: Upscaler, *, drawn: bool) -> Preflight | None:
    """Rate stored figures for `size`, which need not be the size that the photo was measured for.

    `drawn` means that an image model makes the picture from the photo. The gamut figure is that of the original size,
    because all sizes of a product are made by the same printer.
    """
    return preflight.assess(Figures.read(stored), _target(size, upscaler, drawn=drawn)) if stored else None


def rate_card(card: OrderCard, upscaler: Upscaler) -> tuple[Preflight | None, Preflight | None]:
    """Rate a line's design and the replacement picture proposed for it, both for the size that will be printed."""
    if card.printed_on is None:
        return None, None
    return (
        rate(card.preflight, card.printed_on, upscaler, drawn=card.is_drawn),
        rate(card.proposal_preflight, card.printed_on, upscaler, drawn=card.proposal_is_drawn),
    )


def good_width(size: Size, upscaler: Upscaler) -> int:
    """Return the width in pixels beyond which a larger photo does not improve the picture drawn from it."""
    target = _target(size, upscaler, drawn=True)
    return round(target.least_dpi[0] * target.inches[0])


def _target(size: Size, upscaler: Upscaler, *, drawn: bool) -> Target:
    inches = size.width_px / size.dpi, size.height_px / size.dpi
    return Target(inches, upscaler.factor > 1, size.master_size() if drawn else None)


async def _measure(app: App, wanted: Generation, size: Size, photo: bytes) -> Figures:
    aspect = size.width_px, size.height_px
    samples = await app.imaging.samples(photo, crop=crop_of(wanted.crop), aspect=aspect, background=size.background)
    return await app.compute.run(measure, samples)


async def _gamut(app: App, size: Size, master: bytes) -> float | None:
    profile = await app.files.get(size.profile_key or "")
    return await app.imaging.out_of_gamut(master, profile, size.intent)


async def _none_on_failure(app: App, work: Awaitable[T]) -> T | None:
    try:
        return await work
    except Exception as fault:  # noqa: BLE001  # a failed check must not prevent the preview
        app.log.error("preflight_failed", fault)
        return None
