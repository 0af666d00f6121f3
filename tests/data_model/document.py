"""What docs/data-model.md says: one row a seed field, with its state and the columns it names.

`python -m tests.data_model.document` sets the states to what schema.sql has now.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.data_model import schema

PATH = Path(__file__).parents[2] / "docs" / "data-model.md"
COLUMN = re.compile(r"`([a-z_]+)\.([a-z_]+)`")
UNUSED = re.compile(r"^\| `([*\w]+)\.(\w+)` \| ([\w ]+) \| (.+) \|$", re.M)
ELSEWHERE = "set in the story"
"""Said to be missing of a column that only a test outside the story sets."""
ROW = re.compile(r"^\| (?P<name>[\w.]+) \| (?P<state>\w+) \| (?P<where>.+) \|$")


@dataclass(frozen=True)
class Entry:
    """A row of the document; `columns` are (table, column), the first is where the field lives."""

    seed: str
    table: str
    name: str
    state: str
    where: str

    @property
    def columns(self) -> list[tuple[str, str]]:
        return [(table, column) for table, column in COLUMN.findall(self.where)]

    @property
    def path(self) -> str:
        return f"{self.seed} {self.table}.{self.name}"


def entries(text: str) -> Iterator[Entry]:
    """Every row under a `## Seed` and a `###` heading."""
    seed = table = ""
    for line in text.splitlines():
        if line.startswith("## "):
            seed = line[8:11] if line.startswith("## Seed ") else ""
        elif line.startswith("### "):
            table = line[4:]
        elif seed and (row := ROW.match(line)) and row["name"] not in ("field", "value"):
            yield Entry(seed, table, row["name"], row["state"], row["where"])


@dataclass(frozen=True)
class Unused:
    """A row about a built column that nothing sets or reads; `*` is any table."""

    table: str
    column: str
    missing: str
    reason: str

    def covers(self, table: str, column: str, missing: str) -> bool:
        return self.table in ("*", table) and (self.column, self.missing) == (column, missing)


def unused(text: str) -> list[Unused]:
    return [Unused(*row) for row in UNUSED.findall(_section(text, "Built columns that are not used"))]


@dataclass(frozen=True)
class Rule:
    """A row about a rule that is not a field."""

    seed: str
    name: str
    state: str
    where: str

    @property
    def constraints(self) -> list[str]:
        """The indexes and constraints that the row names."""
        return re.findall(r"`((?:ix|uq|fk|pk|ck)_\w+)`", self.where)

    @property
    def capability(self) -> str:
        """What a planned rule comes with."""
        named = re.match(r"`(\w+)`", self.where)
        return named[1] if named else ""


def rules(text: str) -> Iterator[Rule]:
    for seed, table in re.findall(r"^### Rules of seed (\d+)\n(.*?)(?=^###|\Z)", text, re.M | re.S):
        rows = re.findall(r"^\| (.+?) \| (\w+) \| (.+) \|$", table, re.M)
        yield from (Rule(seed, *row) for row in rows if row[0] != "rule")


def tests_named(text: str) -> list[str]:
    """What a text names in the form `tests/…/test_x.py` or `tests/…/test_x.py::test_y`."""
    return re.findall(r"`(tests/[\w/]+\.py(?:::\w+)?)`", text)


def planned_tables(text: str) -> set[str]:
    return set(re.findall(r"`(\w+)`", _section(text, "Planned tables")))


def planned_capabilities(text: str) -> set[str]:
    return set(re.findall(r"^\| (\w+) \| `", _section(text, "Planned tables"), re.M))


def with_states_of(columns: schema.Columns, text: str) -> str:
    """The document, with each row that is not dropped `built` if its column exists, else `planned`."""

    def restate(line: str) -> str:
        row, first = ROW.match(line), COLUMN.search(line)
        if row is None or first is None or row["state"] not in ("built", "planned"):
            return line
        state = "built" if first[2] in columns.get(first[1], ()) else "planned"
        return line.replace(f"| {row['state']} |", f"| {state} |", 1)

    return "\n".join(restate(line) for line in text.split("\n"))


def _section(text: str, heading: str) -> str:
    return text.split(f"\n## {heading}\n")[1].split("\n## ")[0]


if __name__ == "__main__":
    PATH.write_text(with_states_of(schema.read(), PATH.read_text("utf-8")), "utf-8")
