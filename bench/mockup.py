"""Mockups of the demo's poster, mug and shirt: milliseconds on one core, and the growth of memory in megabytes."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import time
from pathlib import Path

from PIL import Image

from bench.rows import Row

ROUNDS = 8
STATUS = Path("/proc/self/status")


def run() -> list[Row]:
    """Measure each product in a process of its own. Raises CalledProcessError if one fails."""
    rows = []
    for handle, key in {"photo-poster": "poster-a", "photo-mug": "mug", "photo-t-shirt": "t-shirt"}.items():
        command = [sys.executable, "-m", "bench.mockup", key]
        milliseconds, megabytes = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
        note = "" if megabytes is None else f"{megabytes:.0f} MB"
        rows.append(Row(f"mockup, 1024 pixels: {handle}", round(milliseconds), None, "ms", None, note))
    return rows


def _measure(key: str) -> tuple[float, float | None]:
    """The milliseconds of the fastest round, and how far the memory rose above its initial size, in megabytes."""
    from app.adapters.imaging import mockup
    from app.core.mockups import Layer, MockupParts
    from app.personalization import starter_blank
    from app.personalization.mockup_templates import Template
    from app.personalization.starter_set import PICTURES
    from tests.pictures import photograph

    template, preview = Template.read(starter_blank(key).mockup), io.BytesIO()
    shape = (1024, 478) if template.cylinder else (724, 1024)
    photograph("coffee").resize(shape, Image.Resampling.LANCZOS).save(preview, "WEBP", quality=82)
    layers = [Layer((PICTURES / each.asset_id).read_bytes(), each.mode, each.opacity) for each in template.layers]
    photo = (PICTURES / template.photo_id).read_bytes()
    parts = MockupParts(photo, template.area, template.cylinder, template.blend, tuple(layers))
    before, times = _memory("VmRSS"), []
    for _ in range(ROUNDS):
        started = time.process_time()
        mockup.draw(preview.getvalue(), parts, 1024, True)
        times.append(time.process_time() - started)
    return min(times) * 1000, None if before is None else (_memory("VmHWM") or 0) - before


def _memory(name: str) -> float | None:
    """A memory figure of this process in megabytes, or None if the system has no /proc."""
    if not STATUS.exists():
        return None
    [line] = [line for line in STATUS.read_text().splitlines() if line.startswith(name)]
    return int(line.split()[1]) / 1024


if __name__ == "__main__":
    print(json.dumps(_measure(sys.argv[1])))
