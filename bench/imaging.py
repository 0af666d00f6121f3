"""`python -m bench.imaging TASK[:ENGINE] IN OUT ROUNDS [LOGO]`: run our imaging in a process of its own.

The tasks are `preview`, `develop`, `develop-subprocess` (the same in a decoder process), `print`, and `plain` (a print
without the network). Prints by Pillow are PNG. Like the peer's program, it prints the seconds of each round, the peak
memory in MB, and how much of that was added after a first, tiny picture.
"""

from __future__ import annotations

import asyncio
import io
import json
import sys
import time
from dataclasses import replace
from pathlib import Path

from PIL import Image

from app.adapters.compute import ThreadCompute
from app.adapters.imaging import decoder
from app.adapters.imaging.imaging_subprocess import ImagingSubprocess
from app.adapters.imaging.upscaler_resample import Resample
from app.core.pictures import Mark, Picture, PrintSpec
from app.core.ports.imaging import Imaging, Upscaler
from app.wiring import print_engine

TINY = PrintSpec(96, 72)
SPEC = PrintSpec(7087, 10630, 300)  # 24 × 36 inches


def main(task: str, source: Path, out: Path, rounds: int, logo: Path | None) -> dict[str, object]:
    task, _, engine = task.partition(":")
    imaging, upscaler = _engines(task, engine)
    spec = replace(SPEC, format="png") if engine == "pillow" and task in ("print", "plain") else SPEC
    mark = Mark(logo.read_bytes(), None, 0.5, "tiled", 25) if logo else None
    photo, seconds = source.read_bytes(), []
    asyncio.run(_run_task(task, imaging, upscaler, _tiny(), mark, TINY))
    before = _peak_mb()
    for _ in range(rounds):
        start = time.perf_counter()
        made = asyncio.run(_run_task(task, imaging, upscaler, photo, mark, spec))
        seconds.append(time.perf_counter() - start)
        out.write_bytes(made.data)
    name = f"{engine or type(imaging).__name__}, {upscaler.name}"
    return {"seconds": seconds, "peak_mb": _peak_mb(), "grown_mb": _peak_mb() - before, "engine": name}


def _engines(task: str, engine: str) -> tuple[Imaging, Upscaler]:
    imaging, upscaler = print_engine()
    if engine:
        imaging = (
            ImagingSubprocess(engine, ThreadCompute())
            if task == "develop-subprocess"
            else decoder.ENGINES[engine](ThreadCompute())
        )
    return imaging, Resample() if task == "plain" else upscaler


async def _run_task(
    task: str, imaging: Imaging, upscaler: Upscaler, photo: bytes, mark: Mark | None, spec: PrintSpec
) -> Picture:
    if task == "preview":
        return await imaging.preview(photo, max_side=1024, mark=mark)
    if task in ("develop", "develop-subprocess"):
        return await imaging.develop(photo, crop=None, width=768, height=1024, mime="image/jpeg")
    return (await imaging.print_file(photo, spec, upscaler)).picture


def _tiny() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (TINY.width, TINY.height)).save(out, "JPEG")
    return out.getvalue()


def _peak_mb() -> float:
    line = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM:"))
    return int(line.split()[1]) / 1024


if __name__ == "__main__":
    task, source, out, rounds, *logo = sys.argv[1:]
    report = main(task, Path(source), Path(out), int(rounds), Path(logo[0]) if logo else None)
    print(json.dumps(report))
