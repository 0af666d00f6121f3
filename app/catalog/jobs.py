"""The kinds of job that the catalog runs."""

from __future__ import annotations

from app import shops
from app.catalog import sync
from app.jobs import JobKind

KINDS = (
    JobKind(sync.UPDATE, sync.update_product, shops.on_failure),
    JobKind(sync.DELETE, sync.delete_product, shops.on_failure),
    JobKind(sync.SYNC, sync.sync_page, sync.on_sync_failure, background=True),
)
