"""The common ground of the row generators: seeded random numbers, ids, times, the shops and their shares."""

from __future__ import annotations

import itertools
import random
import sqlite3
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

DAY_MS = 86_400_000
BUFFERED = 20_000
"""Rows of a table that are inserted at once."""
SHOPS = 10_000
LARGEST_SHARE = 0.1
"""The share of all designs, orders and jobs that belongs to the largest shop, which is the first one."""
WORDS_OF_A_PROMPT = (
    "Redraw the photo as an oil painting with visible brush strokes, warm light and a calm background; "
    "keep the faces and their expression. "
)
SHA256 = "a" * 64


@dataclass(frozen=True)
class CatalogProduct:
    """A product: its id, Shopify's id, its sizes as (id, Shopify variant id), and whether it has designs."""

    id: str
    shopify_id: str
    variants: list[tuple[str, str]]
    is_enabled: bool


@dataclass
class Dataset:
    """Rows on their way into an SQLite file.

    `scale` is the share of the full size (1.0 is 10,000 shops and a million generations); `now_ms` is the time at which
    the rows are read, in milliseconds since 1970: the generated year ends then.
    """

    handle: sqlite3.Connection
    scale: float
    now_ms: int
    seed: int = 7
    products: dict[str, list[CatalogProduct]] = field(default_factory=dict)
    """The products of each shop."""
    styles: dict[str, list[str]] = field(default_factory=dict)
    """The ids of the styles of each shop."""

    def __post_init__(self) -> None:
        self.random = random.Random(self.seed)
        self.start_ms = self.now_ms - 365 * DAY_MS
        self.shops = [f"shop-{number:05d}.myshopify.com" for number in range(self.count(SHOPS))]
        weights = [self.random.lognormvariate(0, 1) for _ in self.shops]
        weights[0] = sum(weights[1:]) * LARGEST_SHARE / (1 - LARGEST_SHARE)
        self._cumulated = list(itertools.accumulate(weights))
        self._minutes: dict[int, str] = {}
        self._inserters: list[_Inserter] = []

    def count(self, at_full_size: int) -> int:
        return max(1, round(at_full_size * self.scale))

    def table(self, name: str, *columns: str) -> Callable[..., None]:
        """Return a function that adds a row of these columns. The rows are inserted with the next `flush`."""
        inserter = _Inserter(self.handle, name, columns)
        self._inserters.append(inserter)
        return inserter.add

    def flush(self) -> None:
        for inserter in self._inserters:
            inserter.flush()

    def pick_shops(self, count: int) -> list[str]:
        """Return shops at random, each as often as its share of the designs says."""
        return self.random.choices(self.shops, cum_weights=self._cumulated, k=count)

    def id_at(self, ms: float) -> str:
        """Return a UUIDv7 of this time, as `app.core.ids.new_id` makes them."""
        bits = self.random.getrandbits(72)
        text = f"{int(ms):012x}7{bits >> 60:03x}8{bits & (1 << 60) - 1:015x}"
        return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"

    def text_at(self, ms: float) -> str:
        """Return a time as it is stored."""
        minute, rest = divmod(int(ms), 60_000)
        begun = self._minutes.get(minute)
        if begun is None:
            begun = self._minutes[minute] = time.strftime("%Y-%m-%dT%H:%M:", time.gmtime(minute * 60))
        return f"{begun}{rest // 1000:02d}.{rest % 1000:03d}Z"

    def random_hex(self, digits: int) -> str:
        return f"{self.random.getrandbits(4 * digits):0{digits}x}"


class _Inserter:
    """Inserts rows of one table in large steps."""

    def __init__(self, handle: sqlite3.Connection, name: str, columns: tuple[str, ...]):
        names, marks = ", ".join(f'"{column}"' for column in columns), ", ".join("?" * len(columns))
        self._sql = f"INSERT INTO {name} ({names}) VALUES ({marks})"
        self._handle = handle
        self._rows: list[tuple[Any, ...]] = []

    def add(self, *row: Any) -> None:
        self._rows.append(row)
        if len(self._rows) >= BUFFERED:
            self.flush()

    def flush(self) -> None:
        self._handle.executemany(self._sql, self._rows)
        self._rows.clear()
