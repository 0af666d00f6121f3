"""The project's own Python files, parsed when they are looked at: for the tests of its shape."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

ROOT = Path(__file__).parents[1]
PRODUCT = ("app", "handlers", "devstore")
Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Source:
    """A Python file; `name` is its dotted module name."""

    path: Path
    name: str
    text: str

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.text)

    @property
    def package(self) -> str:
        """The folder of the project that it belongs to: `app.shops`, `handlers`, `app` for app/wiring.py."""
        parts = self.name.split(".")
        inside = parts[0] == "app" and (ROOT / "app" / parts[1] if len(parts) > 1 else ROOT).is_dir()
        return ".".join(parts[:2]) if inside and len(parts) > 1 else parts[0]

    @property
    def is_queries(self) -> bool:
        """A `queries.py`, or a file of a `queries` folder where one file would be too long."""
        return "queries" in (self.path.stem, self.path.parent.name)

    @property
    def imports(self) -> Iterator[str]:
        """Every module or name imported, dotted, also inside functions: `from app import jobs` is `app.jobs`."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                yield from (alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                yield from (f"{node.module}.{alias.name}" for alias in node.names)


def sources(*folders: str) -> list[Source]:
    """The Python files under these folders of the project."""
    paths = (path for folder in folders for path in sorted((ROOT / folder).rglob("*.py")))
    return [_read(path) for path in paths if "node_modules" not in path.parts]


def _read(path: Path) -> Source:
    parts = path.relative_to(ROOT).with_suffix("").parts
    name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
    return Source(path, name, path.read_text("utf-8"))
