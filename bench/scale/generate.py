"""`python -m bench.scale.generate FILE [SCALE]`: fill a new SQLite database and print the number of its rows."""

from __future__ import annotations

import sys
import time
from pathlib import Path

from bench.scale.fill import fill_sqlite, row_counts


def main(arguments: list[str]) -> None:
    path, scale = Path(arguments[0]), float(arguments[1]) if len(arguments) > 1 else 0.01
    started = time.perf_counter()
    fill_sqlite(path, scale, int(time.time() * 1000))
    for table, count in row_counts(path).items():
        print(f"{count:>9} {table}")
    print(f"{path.stat().st_size / 2**20:.0f} MiB in {time.perf_counter() - started:.0f} s")


if __name__ == "__main__":
    main(sys.argv[1:])
