"""Prints: 1024 × 1448 to 7087 × 10630 pixels, with and without the network, compared with sharp's resize."""

from __future__ import annotations

import tempfile
from pathlib import Path

from PIL import Image

from bench.rows import Row
from bench.sharp_comparison import Work, compare
from tests import pictures


def run() -> list[Row]:
    """Measure JPEG and PNG prints. Raises CalledProcessError if either side fails."""
    with tempfile.TemporaryDirectory() as folder:
        master = Path(folder) / "master.png"
        astronaut = pictures.photograph("astronaut")
        astronaut.crop((75, 0, 437, 512)).resize((1024, 1448), Image.Resampling.LANCZOS).save(master)
        plain, png = Work("print", master, 1), Work("print-png", master, 1)
        return [
            *compare("print 7087 × 10630, enlarged by network", Work("print", master, 1), plain),
            *compare("print 7087 × 10630, plain", Work("plain", master, 1), plain),
            *compare("PNG 7087 × 10630 by Pillow, enlarged by network", Work("print:pillow", master, 1), png),
            *compare("PNG 7087 × 10630 by Pillow, plain", Work("plain:pillow", master, 1), png),
        ]
