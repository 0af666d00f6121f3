"""Files that are recorded in the database but missing from storage."""

from __future__ import annotations

import asyncio

from app.core.app import App
from app.media import queries

CHECKED_AT_ONCE = 50


async def missing_objects(app: App) -> list[str]:
    """Return the keys of missing objects of every shop. Raises Unavailable.

    Uploads are not checked, because they may still be in progress or may never have been sent.
    """
    missing: list[str] = []
    after = ""
    while page := await queries.expected_objects(app.db, after, CHECKED_AT_ONCE):
        found = await asyncio.gather(*[app.files.stat(asset.key) for asset in page])
        missing += [asset.key for asset, info in zip(page, found, strict=True) if info is None]
        after = page[-1].id
    return missing
