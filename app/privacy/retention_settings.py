"""The merchant's setting for how long to keep previews that were never ordered."""

from __future__ import annotations

from datetime import timedelta

from app.core.app import App
from app.core.errors import Unprocessable
from app.privacy.model import LEAST_PREVIEW_LIFE, LONGEST_PREVIEW_LIFE, RETENTION
from app.privacy.queries import shops
from app.shops import Shop


async def keep_previews(app: App, shop: Shop, days: str) -> timedelta:
    """Set how long the shop keeps previews, from the days as entered in the form. Raises Unprocessable."""
    least, most = LEAST_PREVIEW_LIFE.days, LONGEST_PREVIEW_LIFE.days
    typed = days.strip()
    if not (typed.isascii() and typed.isdigit() and len(typed) <= 4 and least <= int(typed) <= most):
        raise Unprocessable(f"Enter a whole number of days from {least} to {most}.", code="bad_days")
    settings = (shop.settings or {}) | {RETENTION: int(typed)}
    await app.db.batch(shops.set_settings(shop.id, settings, app.clock.now()))
    return timedelta(days=int(typed))
