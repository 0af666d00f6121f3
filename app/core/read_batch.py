"""Batches independent reads into one database call, because on D1 every call crosses a network."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from app.core.ports.database import Database, Result, Row


class ReadBatch:
    """A database for gathered reads: statements from one turn of the event loop are sent as one batch.

    at_once = Together(app.db)
    shop, token = await asyncio.gather(queries.shop(at_once, shop_id), queries.token(at_once, shop_id))
    """

    def __init__(self, db: Database):
        self._db = db
        self._asked: list[tuple[Any, asyncio.Future[Result]]] = []

    async def one(self, statement: Any) -> Row | None:
        rows = await self.all(statement)
        return rows[0] if rows else None

    async def all(self, statement: Any) -> Sequence[Row]:
        loop = asyncio.get_running_loop()
        if not self._asked:
            loop.call_soon(lambda: asyncio.ensure_future(self._send()))
        answer: asyncio.Future[Result] = loop.create_future()
        self._asked.append((statement, answer))
        return (await answer).rows

    async def batch(self, *statements: Any) -> Sequence[Result]:
        return await self._db.batch(*statements)

    async def _send(self) -> None:
        asked, self._asked = self._asked, []
        try:
            results = await self._db.batch(*[statement for statement, _ in asked])
        except Exception as fault:  # noqa: BLE001  # raised by the callers
            for _, answer in asked:
                if not answer.done():  # the caller may have been cancelled
                    answer.set_exception(fault)
        else:
            for (_, answer), result in zip(asked, results, strict=True):
                if not answer.done():
                    answer.set_result(result)
