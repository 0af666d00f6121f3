"""How long a shop keeps previews that nobody ordered: the merchant says."""

from __future__ import annotations

from datetime import timedelta

from app.core.app import App
from app.core.errors import Unprocessable
from app.privacy.model import LEAST_PREVIEW_LIFE, LONGEST_PREVIEW_LIFE, RETENTION
from app.privacy.queries import shops
from app.shops import Shop


async def keep_previews(app: App, shop: Shop, days: str) -> timedelta:
    """So many days, as they were typed. Raises Unprocessable."""
    least, most = LEAST_PREVIEW_LIFE.days, LONGEST_PREVIEW_LIFE.days
    typed = days.strip()
    if not (typed.isascii() and typed.isdigit() and len(typed) <= 4 and least <= int(typed) <= most):
        raise Unprocessable(f"Enter a whole number of days from {least} to {most}.", code="bad_days")
    settings = (shop.settings or {}) | {RETENTION: int(typed)}
    await app.db.batch(shops.set_settings(shop.id, settings, app.clock.now()))
    return timedelta(days=int(typed))
