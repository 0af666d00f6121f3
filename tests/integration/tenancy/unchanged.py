"""Everything that is kept of a shop, to be looked at before and after."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import app.schema  # noqa: F401  # fills the metadata
from app.core.tables import metadata
from tests.integration.world import World

Row = tuple[str, str]
"""A table and a row's key; or `objects` and a file's."""


def kept(world: World, shop: str, but: Collection[str] = ()) -> dict[Row, Any]:
    """Every row of the shop, but for these tables, and every object of it."""
    rows = {("shops", shop): world.rows("SELECT * FROM shops WHERE id = ?", shop)[0]} | {
        (table.name, str([row[column.name] for column in table.primary_key])): row
        for table in metadata.sorted_tables
        if "shop_id" in table.c and table.name not in but
        for row in world.rows(f'SELECT * FROM "{table.name}" WHERE shop_id = ?', shop)
    }
    objects = {
        ("objects", str(path.relative_to(world.files))): path.read_bytes()
        for path in (world.files / shop).rglob("*")
        if path.is_file()
    }
    return rows | objects


def changed(before: dict[Row, Any], after: dict[Row, Any]) -> set[Row]:
    """What is gone, or is not as it was. What is new does not count."""
    return {row for row, value in before.items() if after.get(row) != value}
