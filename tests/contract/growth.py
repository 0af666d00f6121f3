"""Run in a process of its own: by how much it grows while an adapter looks at one file after another.

python -m tests.contract.growth ADAPTER → a JSON object: kind → [outcome, megabytes of growth so far]
"""

from __future__ import annotations

import asyncio
import json
import resource
import sys

from app.core.errors import AppError
from tests import pictures
from tests.contract.imagings import IMAGINGS

KINDS = ("text", "bomb", "eps", "svg", "gif", "truncated", "1x1", "20000x3")


def main(adapter: str) -> dict[str, tuple[str, float]]:
    imaging = IMAGINGS[adapter]()
    files = {kind: pictures.bad(kind).data for kind in KINDS} | {"50-megapixels": sys.stdin.buffer.read()}
    warm = pictures.good("jpeg").data
    asyncio.run(imaging.develop(warm, crop=None, width=64, height=64))
    before, grown = _peak_mb(), {}
    for kind, data in files.items():
        try:
            asyncio.run(imaging.develop(data, crop=None, width=1024, height=1448))
            outcome = "developed"
        except AppError as refusal:
            outcome = refusal.code
        grown[kind] = (outcome, round(_peak_mb() - before, 1))
    return grown


def _peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    print(json.dumps(main(sys.argv[1])))
