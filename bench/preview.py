"""A phone's 12-megapixel photo → a 1024-pixel WebP with a tiled logo, beside sharp."""

from __future__ import annotations

import tempfile
from pathlib import Path

from PIL import Image

from bench.beside_sharp import Work, compare
from bench.rows import Row
from tests import pictures

ROUNDS = 8


def run() -> list[Row]:
    """Raises CalledProcessError when either side fails."""
    with tempfile.TemporaryDirectory() as folder:
        photo, logo = Path(folder) / "photo.jpg", Path(folder) / "logo.png"
        photo.write_bytes(pictures.phone_jpeg().data)
        Image.new("RGBA", (192, 64), (255, 255, 255, 128)).save(logo)
        work = Work("preview", photo, ROUNDS, logo)
        return compare("preview, 12 megapixels to 1024 WebP", work, work)
