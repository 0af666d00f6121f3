"""Reads that are gathered share one call of the database, and each gets its own rows, or the fault of them all."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from app import media, shops
from app.core.app import App
from app.core.errors import Unavailable
from app.core.ports.database import Result
from app.core.read_batch import ReadBatch
from tests.apps import OTHER_SHOP, SHOP, close, make_app, open_shop

pytestmark = pytest.mark.anyio


class Batches:
    """Only what Together needs of a database; `sizes` are those of the batches."""

    def __init__(self, app: App, fault: Exception | None = None):
        self._db, self._fault, self.sizes = app.db, fault, list[int]()

    async def batch(self, *statements: Any) -> Sequence[Result]:
        self.sizes.append(len(statements))
        if self._fault:
            raise self._fault
        return await self._db.batch(*statements)


@pytest.fixture
async def app(tmp_path: Path, anyio_backend: str):  # type: ignore[no-untyped-def]
    made = make_app(tmp_path)
    await open_shop(made)
    yield made
    await close(made)


async def test_gathered_reads_are_one_batch_and_each_gets_its_own_rows(app: App) -> None:
    batches = Batches(app)
    at_once = ReadBatch(batches)  # type: ignore[arg-type]
    mine, none, asset = await asyncio.gather(
        shops.active_shop(at_once, SHOP), shops.active_shop(at_once, OTHER_SHOP), media.asset(at_once, SHOP, "none")
    )
    assert (mine and mine.id, none, asset) == (SHOP, None, None)
    assert batches.sizes == [3]


async def test_a_read_after_another_is_a_batch_of_its_own(app: App) -> None:
    batches = Batches(app)
    at_once = ReadBatch(batches)  # type: ignore[arg-type]
    for _ in range(2):
        assert await shops.active_shop(at_once, SHOP)
    assert batches.sizes == [1, 1]


async def test_a_fault_reaches_all_who_asked(app: App) -> None:
    at_once = ReadBatch(Batches(app, Unavailable()))  # type: ignore[arg-type]
    reads = [shops.active_shop(at_once, SHOP), shops.active_shop(at_once, OTHER_SHOP)]
    faults = await asyncio.gather(*reads, return_exceptions=True)
    assert [type(fault) for fault in faults] == [Unavailable, Unavailable]
