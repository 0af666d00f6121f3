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


def planned_tables(text: str) -> set[str]:
    section = text.split("\n## Planned tables\n")[1].split("\n## ")[0]
    return set(re.findall(r"`(\w+)`", section))


def with_states_of(columns: schema.Columns, text: str) -> str:
    """The document, with each row that is not dropped `built` if its column exists, else `planned`."""

    def restate(line: str) -> str:
        row, first = ROW.match(line), COLUMN.search(line)
        if row is None or first is None or row["state"] not in ("built", "planned"):
            return line
        state = "built" if first[2] in columns.get(first[1], ()) else "planned"
        return line.replace(f"| {row['state']} |", f"| {state} |", 1)

    return "\n".join(restate(line) for line in text.split("\n"))


if __name__ == "__main__":
    PATH.write_text(with_states_of(schema.read(), PATH.read_text("utf-8")), "utf-8")
