"""Run in a process of its own, which has made no picture itself: how much a poster by Pillow makes it grow, in MB.

python -m tests.contract.print_growth MASTER FORMAT WIDTH HEIGHT
"""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path
from typing import cast

from app.adapters.imaging.upscaler_resample import Resample
from app.core.pictures import PrintFormat, PrintSpec
from tests.contract.growth import peak_mb
from tests.contract.imagings import IMAGINGS


def main(master: bytes, fmt: PrintFormat, width: int, height: int) -> float:
    imaging, before = IMAGINGS["pillow"](), peak_mb()
    asyncio.run(imaging.print_file(master, PrintSpec(width, height, format=fmt), Resample()))
    return peak_mb() - before


if __name__ == "__main__":
    size = int(sys.argv[3]), int(sys.argv[4])
    print(json.dumps(main(Path(sys.argv[1]).read_bytes(), cast(PrintFormat, sys.argv[2]), *size)))
