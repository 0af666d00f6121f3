"""Previews: a 12-megapixel phone photo to a 1024-pixel WebP with a tiled logo, on one core, compared with sharp.

The same photo is also developed in a decoder process, compared with a thread.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from PIL import Image

from app.adapters.imaging import decoder
from bench.rows import Row
from bench.sharp_comparison import Work, compare, compare_subprocess
from tests import pictures

ROUNDS = 8


def run() -> list[Row]:
    """Measure each imaging library. Raises CalledProcessError if either side fails."""
    with tempfile.TemporaryDirectory() as folder:
        photo, logo = Path(folder) / "photo.jpg", Path(folder) / "logo.png"
        photo.write_bytes(pictures.phone_jpeg().data)
        Image.new("RGBA", (192, 64), (255, 255, 255, 128)).save(logo)
        rows = []
        for engine in decoder.ENGINES:
            ours, theirs = (Work(task, photo, ROUNDS, logo, True) for task in (f"preview:{engine}", "preview"))
            rows += compare(f"preview by {engine}, 12 megapixels to 1024 WebP, one core", ours, theirs)
            works = (Work(f"{task}:{engine}", photo, ROUNDS) for task in ("develop-subprocess", "develop"))
            rows += compare_subprocess(f"develop in a decoder process by {engine}, 12 megapixels to 1024 JPEG", *works)
        return rows
