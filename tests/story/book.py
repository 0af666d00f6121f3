"""The chapters of the story, in the order in which they are played.

A chapter is a file of `chapters`; its name is the file's. It says which `shop` its steps are about, and may name
`others` beside it. One that goes on where another ended says so (`after`): it is about the same shop, and knows what
the other kept. One that does not has a shop of its own with the demo's products, in which no other chapter plays.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

FOLDER = Path(__file__).with_name("chapters")
Step = Mapping[str, Any]


@dataclass(frozen=True)
class Chapter:
    name: str
    shop: str
    steps: Sequence[Step]
    after: str | None = None
    others: Sequence[str] = ()


def chapters(folder: Path = FOLDER) -> list[Chapter]:
    """All of them: those with a shop of their own by name, each followed by those that go on from it."""
    read = [Chapter(path.stem, **yaml.safe_load(path.read_text())) for path in sorted(folder.glob("*.yaml"))]
    return list(_from(read, None))


def _from(read: Sequence[Chapter], after: str | None) -> Iterator[Chapter]:
    for chapter in read:
        if chapter.after == after:
            yield chapter
            yield from _from(read, chapter.name)
