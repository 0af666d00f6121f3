"""What an app changes outside its own process, counted one by one, so that the process can end at any of them."""

from __future__ import annotations

import os
import signal
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from app.core.app import App
from app.core.ports.database import Expect
from app.core.statements import BoundStatement

CHANGES = (
    ("db", "batch"),
    ("files", "put"),
    ("files", "delete"),
    ("queue", "wake"),
    ("shopify", "note_print"),
    ("shopify", "tag_order"),
)
"""The ports' methods that change something, by the app's fields."""


@dataclass
class Effects:
    """Each effect has two moments: before it, and after it, when its caller does not know of it yet.

    `tell` hears of each moment as it comes; the process is killed at the moment of number `dies_at` (from 1). Where a
    second try asks for nothing but what is there, `only_after` is enough: before an effect is after the one before.
    """

    tell: Callable[[str], None]
    dies_at: int | None = None
    only_after: bool = False
    moments: int = 0

    def watch(self, app: App) -> App:
        for port, name in CHANGES:
            owner = getattr(app, port)
            setattr(owner, name, self._counted(f"{port}.{name}", getattr(owner, name)))
        return app

    def _counted(self, name: str, work: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
        async def counted(*arguments: Any, **options: Any) -> Any:
            if not _changes(name, arguments):
                return await work(*arguments, **options)
            if name == "files.delete":
                return [await effect(key) for key in arguments]
            return await effect(*arguments, **options)

        async def effect(*arguments: Any, **options: Any) -> Any:
            label = f"{name} {_tables(arguments)}".strip()
            if not self.only_after:
                self._moment(f"before {label}")
            result = await work(*arguments, **options)
            self._moment(f"after {label}")
            return result

        return counted

    def _moment(self, name: str) -> None:
        self.moments += 1
        if self.moments == self.dies_at:
            self.tell(f"died {name}")
            os.kill(os.getpid(), signal.SIGKILL)
        self.tell(name)


def _changes(name: str, arguments: tuple[Any, ...]) -> bool:
    if name == "db.batch":
        return not all(getattr(statement, "is_select", False) for statement in arguments)
    return bool(arguments)


def _tables(arguments: tuple[Any, ...]) -> str:
    """The tables that a batch writes to."""
    bound = [each.statement if isinstance(each, Expect) else each for each in arguments]
    plain = [each.built.expression if isinstance(each, BoundStatement) else each for each in bound]
    return " ".join(dict.fromkeys(each.table.name for each in plain if hasattr(each, "table")))
