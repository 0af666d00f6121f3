"""What a query plan says about growth: full scans, reads of everything that a shop has, and sorts of such rows."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

SMALL = {
    "shops": "one row for each shop",
    "print_archives": "one row for each shop",
    "quotas": "one row for each shop",
    "access_tokens": "one row for each shop",
    "watermarks": "one row for each shop",
    "sweeps": "one row for each sweep",
    "oauth_states": "rows live for minutes",
}
"""Tables that may be scanned."""

FEW_FOR_EACH_SHOP = {
    "ai_styles": "a merchant makes a handful by hand",
    "product_bases": "a merchant makes a handful by hand",
    "product_base_variants": "a merchant makes a handful by hand",
}
"""Tables of which all rows of a shop may be read."""


class Kind(StrEnum):
    """Reads that grow with the database, or with the shop."""

    SCAN = "full scan"
    WHOLE_SHOP = "all rows of a shop"
    SORT = "sort of all rows of a shop"
    SORTED_SCAN = "sort after a full scan"


@dataclass(frozen=True, order=True)
class Growth:
    """A read that grows. `index` is the index that it goes along, or empty."""

    kind: Kind
    table: str
    index: str = ""

    def __str__(self) -> str:
        return f"{self.kind} of {self.table}" + (f" along {self.index}" if self.index else "")


@dataclass(frozen=True)
class Indexes:
    """What a plan does not say of the indexes that it names: which are partial and hold few rows, and the columns."""

    rare: Collection[str]
    columns: Mapping[str, Sequence[str]]

    def reads_an_end(self, text: str, index: str) -> bool:
        """Whether a statement takes only the first or the last row of a shop along an index, as `max` does."""
        columns = self.columns.get(index, ())
        return len(columns) > 1 and re.search(rf"\b(min|max)\((\w+\.)?{columns[1]}\)", text) is not None


PlanLine = tuple[int, int, str]
"""The number of a step in SQLite's plan, that of the step which it is a part of, and its text."""

_SORTED = {Kind.SCAN: Kind.SORTED_SCAN, Kind.WHOLE_SHOP: Kind.SORT}
_ALIAS = re.compile(r'(?:FROM|JOIN|,|UPDATE|INTO)\s+\(*"?(\w+)"? AS "?(\w+)"?')
_STEP = re.compile(
    r"(?P<how>SCAN|SEARCH) (?P<table>\w+)"
    r"(?: USING (?:AUTOMATIC )?(?:PARTIAL )?(?:COVERING )?(?:INDEX (?P<index>\w*)|INTEGER PRIMARY KEY))?"
    r"(?: ?\((?P<conditions>.*)\))?"
)
_SQLITE_COLUMN = re.compile(r"(\w+)[=<>]")
_COLUMN = re.compile(r"\b(\w+)\s*(?:=|<|>|IS|IN|~)")


def sqlite_growth(text: str, plan: Sequence[PlanLine], tables: Collection[str], indexes: Indexes) -> set[Growth]:
    """Read the lines of EXPLAIN QUERY PLAN (https://www.sqlite.org/eqp.html). `text` is the statement's SQL.

    The plan does not say where a LIMIT applies. It is taken to end each read along an index that is not sorted after.
    """
    aliases = {alias: table for table, alias in _ALIAS.findall(text)}
    sorted_parts = {parent for _, parent, line in plan if _sorts_all_rows(line)}
    found: set[Growth] = set()
    for _, parent, line in plan:
        step = _STEP.match(line)
        if step is None:
            continue
        table, index = str(aliases.get(step["table"], step["table"])), str(step["index"] or "")
        if table not in tables or index in indexes.rare:
            continue
        is_sorted = parent in sorted_parts
        if step["how"] == "SCAN" or " AUTOMATIC " in line:
            found.add(Growth(Kind.SORTED_SCAN if is_sorted else Kind.SCAN, table, index))
        elif set(_SQLITE_COLUMN.findall(step["conditions"] or "")) != {"shop_id"}:
            continue
        elif is_sorted:
            found.add(Growth(Kind.SORT, table, index))
        elif "LIMIT" not in text and not indexes.reads_an_end(text, index):
            found.add(Growth(Kind.WHOLE_SHOP, table, index))
    return found


def _sorts_all_rows(line: str) -> bool:
    """Whether a step sorts. Sorting the right part of an order only puts rows in order that are equal in the left."""
    return line.startswith("USE TEMP B-TREE") and "RIGHT PART" not in line and "LAST TERM" not in line


def postgres_growth(plan: Mapping[str, Any], tables: Collection[str], indexes: Indexes) -> set[Growth]:
    """Read the root node of EXPLAIN (FORMAT JSON)."""
    found: set[Growth] = set()
    for node, above in _nodes(plan, ()):
        table, index = _table(node, above), node.get("Index Name", "")
        kind = _kind(node)
        if table in tables and index not in indexes.rare and kind and not (kind is Kind.WHOLE_SHOP and _is_page(above)):
            found.add(Growth(_SORTED[kind] if "Sort" in above else kind, table, index))
    return found


def is_allowed(growth: Growth) -> bool:
    return growth.table in SMALL or (growth.table in FEW_FOR_EACH_SHOP and growth.kind in (Kind.WHOLE_SHOP, Kind.SORT))


def _kind(node: Mapping[str, Any]) -> Kind | None:
    how = node["Node Type"]
    if how == "Seq Scan":
        return Kind.SCAN
    if how not in ("Index Scan", "Index Only Scan", "Bitmap Index Scan"):
        return None
    if "Index Cond" not in node:
        return Kind.SCAN
    return Kind.WHOLE_SHOP if set(_COLUMN.findall(_without_texts(node["Index Cond"]))) == {"shop_id"} else None


def _without_texts(condition: str) -> str:
    return re.sub(r"'(?:[^']|'')*'(::\w+)?", "''", condition)


def _table(node: Mapping[str, Any], above: Sequence[str]) -> str:
    """The table of a node. A bitmap index scan names only its index, whose name says the table less surely."""
    return str(node.get("Relation Name") or node.get("Relation Above") or "")


def _nodes(node: Mapping[str, Any], above: tuple[str, ...]) -> Iterator[tuple[Mapping[str, Any], tuple[str, ...]]]:
    """Yield each node with the types of those above it."""
    yield node, above
    for child in node.get("Plans", ()):
        relation = node.get("Relation Name") or node.get("Relation Above")
        if child["Node Type"].startswith("Bitmap") and relation:
            child = {**child, "Relation Above": relation}
        yield from _nodes(child, (*above, node["Node Type"]))


def _is_page(above: Sequence[str]) -> bool:
    """Whether a LIMIT ends the read early: nothing between the two needs all rows."""
    if "Limit" not in above:
        return False
    return not {"Sort", "Aggregate", "Hash", "Materialize", "WindowAgg", "Bitmap Heap Scan"} & set(
        above[len(above) - 1 - above[::-1].index("Limit") :]
    )


def plan_of(rows: Sequence[Sequence[Any]]) -> Mapping[str, Any]:
    """The root node of the answer to EXPLAIN (FORMAT JSON)."""
    answer = rows[0][0]
    parsed = json.loads(answer) if isinstance(answer, str) else answer
    root: Mapping[str, Any] = parsed[0]["Plan"]
    return root
