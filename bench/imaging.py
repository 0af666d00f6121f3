"""python -m bench.imaging preview|print|plain IN OUT ROUNDS [LOGO]: our work, in a process of its own.

Prints the seconds of each round and the process's peak memory in MB, as the peer's program does.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from pathlib import Path

from app.adapters.upscaler_resample import Resample
from app.core.pictures import Mark, PrintSpec
from app.wiring import print_engine

SPEC = PrintSpec(7087, 10630, 300)  # 24 × 36 inches


def main(task: str, source: Path, out: Path, rounds: int, logo: Path | None) -> dict[str, object]:
    photo, seconds = source.read_bytes(), []
    imaging, upscaler = print_engine()
    if task == "plain":
        upscaler = Resample()
    mark = Mark(logo.read_bytes(), None, 0.5, "tiled", 25) if logo else None
    for _ in range(rounds):
        start = time.perf_counter()
        if task == "preview":
            made = asyncio.run(imaging.preview(photo, max_side=1024, mark=mark))
        else:
            made = asyncio.run(imaging.print_file(photo, SPEC, upscaler)).picture
        seconds.append(time.perf_counter() - start)
        out.write_bytes(made.data)
    return {"seconds": seconds, "peak_mb": _peak_mb(), "engine": f"{type(imaging).__name__}, {upscaler.name}"}


def _peak_mb() -> float:
    line = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM:"))
    return int(line.split()[1]) / 1024


if __name__ == "__main__":
    task, source, out, rounds, *logo = sys.argv[1:]
    told = main(task, Path(source), Path(out), int(rounds), Path(logo[0]) if logo else None)
    print(json.dumps(told))
