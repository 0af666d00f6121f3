"""The imaging port: decoding, cropping, watermarking, mockups and print files; and the upscaler it uses."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from app.core.mockups import MockupParts
from app.core.pictures import (
    Crop,
    Intent,
    Mark,
    Picture,
    PrintFile,
    PrintSpec,
    Raster,
    Samples,
)
from app.core.ports.compute import Compute as Compute


class Imaging(Protocol):
    """Decodes untrusted files, crops, watermarks and encodes. Raises BadPicture for files that cannot be read."""

    async def develop(
        self,
        photo: bytes,
        *,
        crop: Crop | None,
        width: int,
        height: int,
        mime: str = "image/png",
        background: str = "#ffffff",
    ) -> Picture:
        """Return the first frame of the photo, upright and in sRGB, re-encoded without metadata.

        It is cropped to `crop`, then centrally to the aspect ratio width:height, and reduced to width × height pixels.
        It is never enlarged: a smaller photo keeps its own pixels, at the same aspect ratio. `mime` is image/png,
        image/jpeg (q95 4:4:4) or image/webp. `background` is written as #rrggbb.
        """

    async def samples(self, photo: bytes, *, crop: Crop | None, aspect: tuple[int, int], background: str) -> Samples:
        """Return samples of what `develop` would crop: an overview (OVERVIEW_SIDE) and the patches of crop_geometry."""

    async def out_of_gamut(self, master: bytes, profile: bytes, intent: Intent) -> float | None:
        """Return the share (0 to 1) of colours that an ICC profile cannot represent; None if it is not known."""

    async def preview(self, master: bytes, *, max_side: int, mark: Mark | None, by_ai: bool = False) -> Picture:
        """Return a WebP of at most `max_side` pixels per side with the watermark. `by_ai` is recorded in its XMP."""

    async def mockup(self, design: bytes, parts: MockupParts, *, max_side: int, by_ai: bool = False) -> Picture | None:
        """Return a WebP of the product's photo with the design on it; None if the engine cannot warp pictures."""

    async def print_file(
        self, master: bytes, spec: PrintSpec, upscaler: Upscaler, *, profile: bytes | None = None
    ) -> PrintFile:
        """Return the picture at exactly the size of the spec.

        It is enlarged by the upscaler if that helps (over 1.2 times), cropped to the aspect ratio, resized and lightly
        sharpened. The bleed around it mirrors its edges. Colours are those of the ICC `profile` (default: sRGB). The
        file contains its dpi and, if made by AI, XMP. Raises Unprocessable for a format that cannot be written.
        """


class Upscaler(Protocol):
    """Enlarges by a fixed factor; plain resampling has factor 1 and leaves the resizing to Imaging."""

    name: str
    factor: int

    def strips(self, raster: Raster) -> Iterator[bytes]:
        """Yield the enlarged picture as strips of whole rows of 8-bit RGB, from top to bottom. This is CPU-bound.

        If the upscaler is a neural network, the iterator is also a `Tiled`, which counts tiles in which it failed.
        """
