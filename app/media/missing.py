"""Files that the database knows and the storage does not have."""

from __future__ import annotations

import asyncio

from app.core.app import App
from app.media import queries

ASKED_AT_ONCE = 50


async def missing_objects(app: App) -> list[str]:
    """The keys of every shop, uploads apart: those are on their way, or never sent. Raises Unavailable."""
    missing: list[str] = []
    after = ""
    while page := await queries.kept_objects(app.db, after, ASKED_AT_ONCE):
        found = await asyncio.gather(*[app.files.stat(asset.key) for asset in page])
        missing += [asset.key for asset, info in zip(page, found, strict=True) if info is None]
        after = page[-1].id
    return missing
