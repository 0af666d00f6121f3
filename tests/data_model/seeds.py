"""The names in the five seeds: tables, fields, nested fields, enum values.

`names.json` holds them, so that the tests need no seed. `python -m tests.data_model.seeds FOLDER`
writes it anew from the folder that has the seeds.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path

Fields = dict[str, list[str]]
"""Each field (nested ones dotted), with the values that the seed gives it in its own line."""
Tables = dict[str, Fields]
"""Each table, or `enum Name`, by name."""

RECORDED = Path(__file__).with_name("names.json")
FREE_FORM = ("custom_fields",)
"""JSON fields whose keys a person makes up: the keys in the seed's example are not fields."""


def recorded() -> dict[str, Tables]:
    found: dict[str, Tables] = json.loads(RECORDED.read_text("utf-8"))
    return found


def read_folder(folder: Path) -> dict[str, Tables]:
    """The seeds by their number, from files named `000_….txt` to `004_….txt`."""
    readers = {"000": prisma, "001": sql, "002": columns, "003": documents, "004": bullets}
    files = {path.name[:3]: path for path in sorted(folder.glob("00[0-4]_*.txt"))}
    return {number: read(files[number].read_text("utf-8")) for number, read in readers.items()}


def prisma(text: str) -> Tables:
    """`model Name { field Type // { keys } }` and `enum Name { VALUE }`."""
    tables: Tables = {}
    for kind, name, body in re.findall(r"^(model|enum) (\w+) \{\n(.*?)^\}", text, re.M | re.S):
        fields = tables.setdefault(name if kind == "model" else f"enum {name}", {})
        for field, comment in re.findall(r"^ +(\w+)[^\n/]*(?://([^\n]*))?$", body, re.M):
            fields[field] = re.findall(r'"([^"]+)"', comment)
            keys = re.findall(r"\w+", "".join(re.findall(r"\{(.*)\}", comment)))
            fields.update({f"{field}.{key}": [] for key in keys if key != "etc"})
    return tables


def sql(text: str) -> Tables:
    """`CREATE TABLE name (…)` with comments under a field, and JSON examples further down."""
    tables: Tables = {}
    for name, body, rest in re.findall(r"^CREATE TABLE (\w+) \((.*?)^\);(.*?)(?=^## |\Z)", text, re.M | re.S):
        fields = tables.setdefault(name, {})
        column = ""
        for line in body.splitlines():
            if found := re.match(r" {4}([a-z_]+) [A-Z]", line):
                column = found[1]
                fields[column] = []
            elif re.search(r"-- (Options|e\.g\.)", line):
                fields[column] += re.findall(r"['\"](\w+)['\"]", line)
        for field, example in re.findall(r"^\*\*(\w+) (?:field|example):\*\*\n```json\n(.*?)```", rest, re.M | re.S):
            fields.update({f"{field}.{key}": [] for key in _keys(example) if field not in FREE_FORM})
    return tables


def columns(text: str) -> Tables:
    """`name ( field TYPE …, -- 'a' | 'b' )` without CREATE."""
    tables: Tables = {}
    for name, body in re.findall(r"^```sql\n(\w+) \(\n(.*?)^\)", text, re.M | re.S):
        fields = tables.setdefault(name, {})
        for field, comment in re.findall(r"^ {2}(\w+) +(?:TEXT|INTEGER|REAL)\b[^\n]*?(?:-- ([^\n]*))?$", body, re.M):
            values = re.findall(r"'([\w-]+)'", comment)
            fields[field] = values if len(values) > 1 else []
    return tables


def documents(text: str) -> Tables:
    """`name { field: type ("a" | "b") outer: { inner: type } }`."""
    return {
        name: dict(_nested(body.splitlines()))
        for name, body in re.findall(r"^```javascript\n(\w+) \{\n(.*?)^\}", text, re.M | re.S)
    }


def bullets(text: str) -> Tables:
    """`### Name`, then bullets whose first word is a field or a value in backticks."""
    tables: Tables = {}
    enums = text.index("\n## Enums")
    for section in re.finditer(r"^### (\w+)\n(.*?)(?=^##|\Z)", text, re.M | re.S):
        names = re.findall(r"^- `(\w+)` (?:\(|-)", section[2], re.M)
        if names:
            tables[("enum " if section.start() > enums else "") + section[1]] = {name: [] for name in names}
    return tables


def _nested(lines: list[str]) -> Iterator[tuple[str, list[str]]]:
    outer: list[str] = []
    for line in lines:
        if found := re.match(r" +(\w+): (.*)", line):
            name, rest = found.groups()
            yield ".".join([*outer, name]), re.findall(r'"([^"]+)"', rest.split(", default")[0]) if "|" in rest else []
            if rest.endswith("{"):
                outer.append(name)
        elif line.strip().startswith("}"):
            outer.pop()


def _keys(example: str) -> list[str]:
    parsed = json.loads(example)
    return list(parsed[0] if isinstance(parsed, list) else parsed)


if __name__ == "__main__":
    RECORDED.write_text(json.dumps(read_folder(Path(sys.argv[1])), indent=1) + "\n", "utf-8")
