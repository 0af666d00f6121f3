"""A master of 1024 × 1448 → a print of 7087 × 10630, with and without the network, beside sharp's plain resize."""

from __future__ import annotations

import tempfile
from pathlib import Path

from PIL import Image

from bench.beside_sharp import Work, compare
from bench.rows import Row
from tests import pictures


def run() -> list[Row]:
    """Raises CalledProcessError when either side fails."""
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
