"""The demo's products as statements that every database takes."""

from __future__ import annotations

import asyncio
import sqlite3
import tempfile
from collections.abc import Sequence
from contextlib import closing
from functools import cache
from pathlib import Path

from app import shops
from app.core.settings import Settings
from app.core.tables import metadata
from app.wiring import build
from handlers.demo import shop as demo_shop
from tests import apps


@cache
def offers(shop: str) -> Sequence[str]:
    """A shop's own, with ids of their own: one INSERT a row, parents first."""
    with tempfile.TemporaryDirectory() as folder:
        path = apps.migrated(Path(folder))
        asyncio.run(_seed(Path(folder)))
        with closing(sqlite3.connect(path)) as handle:
            handle.row_factory = sqlite3.Row
            return [
                _insert(table.name, dict(row)).replace(demo_shop.SHOP, shop)
                for table in metadata.sorted_tables
                for row in handle.execute(f'SELECT * FROM "{table.name}"')
            ]


async def _seed(folder: Path) -> None:
    app = build(Settings.load(apps.environ(folder)))
    await shops.expect_install(app, demo_shop.SHOP)
    await demo_shop.seed(app, examples=False)
    await apps.close(app)


def _insert(table: str, row: dict[str, object]) -> str:
    names, values = ", ".join(f'"{name}"' for name in row), ", ".join(map(_literal, row.values()))
    return f'INSERT INTO "{table}" ({names}) VALUES ({values})'


def _literal(value: object) -> str:
    if value is None:
        return "NULL"
    return str(value) if isinstance(value, int | float) else "'" + str(value).replace("'", "''") + "'"
