"""Run in a process of its own, which has made no picture itself: how much an adapter makes it grow.

python -m tests.contract.growth ADAPTER FOLDER NAME … → a JSON object: file name → [outcome, megabytes grown so far]
"""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path

from app.core.errors import AppError
from app.core.pictures import WHITE
from tests.contract.imagings import IMAGINGS

WARM = "warm"
STATUS = Path("/proc/self/status")


def main(adapter: str, folder: Path, *names: str) -> dict[str, tuple[str, float]]:
    imaging = IMAGINGS[adapter]()
    files = {name: (folder / name).read_bytes() for name in names}
    asyncio.run(imaging.develop((folder / WARM).read_bytes(), crop=None, width=64, height=64))
    before, grown = peak_mb(), {}
    for name, data in files.items():
        try:
            asyncio.run(imaging.develop(data, crop=None, width=1024, height=1448))
            asyncio.run(imaging.samples(data, crop=None, aspect=(1024, 1448), background=WHITE))
            outcome = "developed"
        except AppError as refusal:
            outcome = refusal.code
        grown[name] = (outcome, round(peak_mb() - before, 1))
    return grown


def peak_mb() -> float:
    """From the system's own books: getrusage() would count the memory of the process that started this one."""
    line = next(line for line in STATUS.read_text().splitlines() if line.startswith("VmHWM:"))
    return int(line.split()[1]) / 1024


if __name__ == "__main__":
    print(json.dumps(main(sys.argv[1], Path(sys.argv[2]), *sys.argv[3:])))
