"""A shopper deletes their photo, and with it every design that was made of it."""

from __future__ import annotations

from app import generation
from app.core.app import App
from app.core.errors import Conflict, NotFound, Refused
from app.privacy import queries
from app.privacy.people import delete_objects, stopping
from app.shops import Visitor

MOST_VALUES = 40
"""Designs that one statement names: one on D1 takes at most a hundred values."""


async def delete_photo(app: App, visitor: Visitor, preview_id: str) -> list[str]:
    """The previews that are gone, by id. Raises NotFound, and Conflict when one was ordered: then the shop decides."""
    shop_id, owner = visitor.shop.id, (visitor.shopper_id, visitor.guest_session_id)
    designs = (await queries.designs_of_photo(app.db, shop_id, preview_id, owner))[:MOST_VALUES]
    if not designs:
        raise NotFound()
    ids = [each.id for each in designs]
    files = await queries.files_of_photo(app.db, shop_id, ids)
    assets, now = [row["id"] for row in files], app.clock.now()
    try:
        await app.db.batch(
            *stopping(shop_id, designs, now),
            queries.delete_photo(shop_id, ids),
            queries.forget_jobs(shop_id, ids),
            generation.release_storage(shop_id, queries.live_bytes(shop_id, assets), now),
            *queries.delete_assets(shop_id, assets, now),
            queries.audit(shop_id, "shopper", "photo_deleted", preview_id, now),
        )
    except Refused as refused:
        sentence = "A design of this photo has been ordered. Please ask the shop to delete it."
        raise Conflict(sentence, code=refused.code) from refused
    await delete_objects(app, shop_id, ids, [row["key"] for row in files])
    return ids
