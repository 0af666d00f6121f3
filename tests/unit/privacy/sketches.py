"""A capability of the tests' own that makes sketches of photos: one table, which a shopper or a guest session owns."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import MetaData, Table
from sqlalchemy.schema import CreateTable

from app.adapters.database.sqlite_dialect import DIALECT
from app.core.capability import Capability
from app.core.tables import ShopRedact, key, metadata, on_shop_redact, shop_key, stamps, text
from app.privacy import THE_CUSTOMER, THE_SHOP, WORK, Exported, Made, OwnedTable, for_table

CAPABILITY = Capability("sketches", personal_data=f"{__name__}:PERSONAL_DATA")
PERSONAL_DATA: OwnedTable
"""Of the table while it is there."""
refunded: list[str] = []
"""What was refunded, by id."""
COLUMNS = ("shopper_id", "guest_session_id", "upload_asset_id", "picture_asset_id", "idempotency_key")
EXPORTED = Exported(
    "Sketches",
    ("id", "status", "picture_asset_id"),
    {
        "shop_id": THE_SHOP,
        "shopper_id": THE_CUSTOMER,
        "guest_session_id": "a browser's session",
        **dict.fromkeys(("upload_asset_id", "idempotency_key", "created_at", "updated_at"), WORK),
    },
)


@contextmanager
def table_in(database: Path) -> Iterator[Table]:
    """Put the table into a database and into the metadata, as long as it is needed."""
    global PERSONAL_DATA
    sketches = sketches_in(metadata)
    with closing(sqlite3.connect(database)) as handle:
        handle.execute(str(CreateTable(sketches).compile(dialect=DIALECT)))
    PERSONAL_DATA = for_table(
        sketches,
        folder="sketches",
        exported={"sketches": EXPORTED},
        photo="upload_asset_id",
        fading=("picture_asset_id",),
        refund=refund,
    )
    refunded.clear()
    try:
        yield sketches
    finally:
        metadata.remove(sketches)


def sketches_in(catalog: MetaData, *without: str) -> Table:
    columns = [text(name, nullable=True) for name in COLUMNS if name not in without]
    info = on_shop_redact(ShopRedact.DELETED)
    return Table("sketches", catalog, key(), shop_key(), text("status"), *columns, *stamps(), info=info)


def refund(shop_id: str, sketch: Made, at: datetime) -> Sequence[Any]:
    refunded.append(sketch.id)
    return []
