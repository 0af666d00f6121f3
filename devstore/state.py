"""The state of the simulated Shopify: JSON records in one SQLite table."""

import itertools
import json
import sqlite3
import time
from typing import Any

Record = dict[str, Any]

TABLE = """CREATE TABLE IF NOT EXISTS records (
    kind TEXT, shop TEXT, id TEXT, body TEXT NOT NULL, PRIMARY KEY (kind, shop, id)) WITHOUT ROWID"""


class State:
    """Records by kind, shop and id. Records that belong to no shop are stored under the shop ""."""

    def __init__(self, path: str) -> None:
        self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._db.execute(TABLE)
        # Ids start at the current time in milliseconds, so that a restart with a database in memory repeats none.
        self._ids = itertools.count(int(time.time() * 1000))

    def new_id(self) -> int:
        return next(self._ids)

    def put(self, kind: str, shop: str, id: str | int, record: Record) -> None:
        self._db.execute("REPLACE INTO records VALUES (?, ?, ?, ?)", (kind, shop, str(id), json.dumps(record)))

    def get(self, kind: str, shop: str, id: str | int) -> Record | None:
        key = (kind, shop, str(id))
        row = self._db.execute("SELECT body FROM records WHERE (kind, shop, id) = (?, ?, ?)", key).fetchone()
        return json.loads(row[0]) if row else None

    def list(self, kind: str, shop: str) -> list[Record]:
        """The records of a kind in a shop, newest first."""
        rows = self._db.execute("SELECT body FROM records WHERE kind = ? AND shop = ? ORDER BY id DESC", (kind, shop))
        return [json.loads(body) for (body,) in rows]

    def clear(self, kind: str, shop: str) -> None:
        self._db.execute("DELETE FROM records WHERE kind = ? AND shop = ?", (kind, shop))

    def close(self) -> None:
        self._db.close()
