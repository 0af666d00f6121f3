"""`python -m bench [NAME …]`: run the benchmarks, print a table, and write bench/results.json."""

from __future__ import annotations

import dataclasses
import importlib
import json
import sys
from pathlib import Path

from bench.rows import Row

BENCHES = ("webhooks", "preview", "mockup", "print", "quality", "cold_import", "cold_start", "worker_boot", "setups")
RESULTS = Path(__file__).parent / "results.json"


def main(names: list[str]) -> None:
    """Run the named benchmarks, or all of them, one after the other, because they share the cores."""
    rows: list[Row] = []
    for name in names or BENCHES:
        print(f"running {name}", file=sys.stderr, flush=True)
        rows += importlib.import_module(f"bench.{name}").run()
    RESULTS.write_text(json.dumps([dataclasses.asdict(row) for row in rows], indent=2, ensure_ascii=False) + "\n")
    print(_table(rows))


def _table(rows: list[Row]) -> str:
    head = ("", "ours", "peer", "unit", "ratio", "note")
    lines = [head, *((r.name, _text(r.ours), _text(r.peer), r.unit, _text(r.ratio), r.note) for r in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(head))]
    return "\n".join("  ".join(map(str.ljust, line, widths)).rstrip() for line in lines)


def _text(number: float | None) -> str:
    return "–" if number is None else f"{number:g}"


if __name__ == "__main__":
    main(sys.argv[1:])
