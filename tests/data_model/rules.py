"""The rules in the five seeds that are not fields: indexes, keys, checks, cascades, sample queries, retention, advice.

`rules.json` holds them, so that the tests need no seed. `python -m tests.data_model.rules FOLDER` writes it anew from
the folder that has the seeds. A rule is called by the seed's own words; one with a name in bold by that name.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path

RECORDED = Path(__file__).with_name("rules.json")


def recorded() -> dict[str, list[str]]:
    found: dict[str, list[str]] = json.loads(RECORDED.read_text("utf-8"))
    return found


def read_folder(folder: Path) -> dict[str, list[str]]:
    """The rules by the seed's number, from files named `000_….txt` to `004_….txt`."""
    readers = {"000": prisma, "001": sql, "002": columns, "003": documents, "004": bullets}
    files = {path.name[:3]: path for path in sorted(folder.glob("00[0-4]_*.txt"))}
    return {number: list(read(files[number].read_text("utf-8"))) for number, read in readers.items()}


def prisma(text: str) -> Iterator[str]:
    """Indexes, unique fields and relations of models, `createIndex`, and folders named after a row."""
    for model, body in re.findall(r"^model (\w+) \{\n(.*?)^\}", text, re.M | re.S):
        for line in body.splitlines():
            if found := re.search(r"@@(?:index|unique)\(\[[^]]*\]\)", line):
                yield f"{model} {found[0]}"
            elif found := re.match(r" +(\w+) .*(@unique|@relation)", line):
                yield f"{model}.{found[1]} {found[2]}"
    for collection, body in re.findall(r"^db\.(\w+)\.createIndex\((.*?)\)$", text, re.M | re.S):
        [field] = re.findall(r'^\s*\{ "(\w+)"', body)
        yield f"{collection}.{field} createIndex"
    for folder, owner in re.findall(r"(\w+)/\n[^\n{]*(\{\w+\})/\n", text):
        yield f"folder {folder}/{owner}"


def sql(text: str) -> Iterator[str]:
    """Constraints and indexes of tables, sample queries by their headings, and points of lists."""
    for table, body in re.findall(r"^CREATE TABLE (\w+) \((.*?)^\);", text, re.M | re.S):
        for line in body.splitlines():
            if found := re.match(r" +(INDEX|CHECK|UNIQUE) (.*?),?$", line):
                yield f"{table} {found[1]} {found[2]}"
            elif found := re.match(r" +(\w+) .*?(UNIQUE|REFERENCES.*?|CHECK.*?)(?: NOT NULL)?,?$", line):
                yield f"{table}.{found[1]} {found[2]}"
    queries = text.partition("## Sample Queries")[2]
    yield from (f"Sample query: {name}" for name in re.findall(r"^### (.*)$", queries, re.M))
    yield from _points(text, "-")


def columns(text: str) -> Iterator[str]:
    """Keys and indexes of tables, and points of numbered lists."""
    for table, body in re.findall(r"^```sql\n(\w+) \(\n(.*?)^\)", text, re.M | re.S):
        for rule in re.findall(r"^ +((?:UNIQUE|FOREIGN KEY)\b.*?),?$", body, re.M):
            yield f"{table} {rule}"
    yield from re.findall(r"^CREATE INDEX (\w+ ON \w+\(\w+\))", text, re.M)
    yield from _points(text, r"\d+\.")


def documents(text: str) -> Iterator[str]:
    """Points of lists. Those under INDEXES are called after their collection."""
    for part in re.split(r"^(?=## )", text, flags=re.M):
        collection = re.match(r"## (\w+)", part)
        for point in _points(part, "•"):
            indexed = point.partition("INDEXES: ")[2]
            yield f"{collection[1].lower()} index {indexed}" if collection and indexed else point


def bullets(text: str) -> Iterator[str]:
    """Unique fields, and points of lists outside the models: what the models say of themselves is said there again."""
    head, _, models = text.partition("\n## Models\n")
    models, heading, rest = models.partition("\n## Database Relationships\n")
    for model, body in re.findall(r"^### (\w+)\n(.*?)(?=^##|\Z)", models, re.M | re.S):
        yield from (f"{model}.{field} @unique" for field in re.findall(r"^- `(\w+)` \([^)]*@unique", body, re.M))
    yield from _points(head, "-")
    yield from _points(heading + rest, r"(?:-|\d+\.)")


def _points(text: str, mark: str) -> Iterator[str]:
    """The points of lists, each after the heading that it stands under."""
    heading = ""
    for line in text.splitlines():
        if found := re.match(r"#+ (.*)|\*\*(.*):\*\*$", line):
            heading = _plain(found[1] or found[2]).rstrip(":")
        elif found := re.match(rf" *{mark} (.*)", line):
            named = re.match(r"\*\*([^*]+)\*\*:", found[1])
            yield f"{heading}: {_plain(named[1] if named else found[1])}"


def _plain(text: str) -> str:
    return " ".join(re.sub(r"[*`|]", "", text).split())


if __name__ == "__main__":
    RECORDED.write_text(json.dumps(read_folder(Path(sys.argv[1])), indent=1, ensure_ascii=False) + "\n", "utf-8")
