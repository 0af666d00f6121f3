"""The merchant's setting for mail."""

from __future__ import annotations

from app.core.app import App
from app.core.errors import Conflict, Refused
from app.notifications import queries
from app.notifications.model import SETTING
from app.shops import Shop


async def set_mail(app: App, shop: Shop, wanted: bool) -> bool:
    """Switch mail to the shop's address on or off and return which. Raises Conflict if the settings have changed."""
    try:
        await app.db.batch(
            queries.change_settings(shop.id, shop.settings, (shop.settings or {}) | {SETTING: wanted}, app.clock.now())
        )
    except Refused as fault:
        raise Conflict() from fault
    return wanted
