"""Values for pictures and for requests about them. No pixels are processed here.

Bytes are excluded from repr(): asyncio calls it on a task's result, which took four times the memory of a print file.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol, runtime_checkable

PrintFormat = Literal["jpg", "png", "tiff", "tiff-deflate", "pdf"]
Intent = Literal["relative", "perceptual"]
PRINT_MIMES: dict[PrintFormat, str] = {
    "jpg": "image/jpeg",
    "png": "image/png",
    "tiff": "image/tiff",
    "tiff-deflate": "image/tiff",
    "pdf": "application/pdf",
}
WHITE = "#ffffff"
MarkPosition = Literal["top-left", "top-right", "bottom-left", "bottom-right", "center", "tiled"]


@dataclass(frozen=True)
class Picture:
    """An encoded picture: upright, sRGB, without metadata. Sizes in pixels."""

    data: bytes = field(repr=False)
    mime: str
    width: int
    height: int


def rgb(colour: str) -> tuple[int, int, int]:
    """Return red, green and blue (0 to 255) of a colour written as #rrggbb."""
    red, green, blue = bytes.fromhex(colour.removeprefix("#"))
    return red, green, blue


@dataclass(frozen=True)
class Crop:
    """A rectangle in fractions (0 to 1) of the upright picture."""

    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True)
class Mark:
    """A watermark: a picture (encoded bytes) or a text. `opacity` 0–1, `size` a percentage of the width."""

    picture: bytes | None
    text: str | None
    opacity: float
    position: MarkPosition
    size: float


@dataclass(frozen=True)
class PrintSpec:
    """Specification of a print file. `width` and `height` are the trimmed size, `bleed` is added on each side (pixels).

    `tiff` is compressed with LZW, `tiff-deflate` with deflate; the JPEG `quality` (1–100) also applies to a PDF.
    `intent` says how colours that the printer cannot print are converted: `relative` (with black point compensation) or
    `perceptual`. `background` (#rrggbb) fills transparent areas. `by_ai`: an image model made the picture.
    """

    width: int
    height: int
    dpi: int = 300
    format: PrintFormat = "jpg"
    quality: int = 95
    by_ai: bool = False
    bleed: int = 0
    background: str = WHITE
    intent: Intent = "relative"

    @property
    def mime(self) -> str:
        return PRINT_MIMES[self.format]

    @property
    def full_size(self) -> tuple[int, int]:
        """The file's width and height in pixels, including the bleed."""
        return self.width + 2 * self.bleed, self.height + 2 * self.bleed

    @property
    def most_bytes(self) -> int:
        """Upper limit of the file's size: its uncompressed pixels, plus room for profile and header."""
        width, height = self.full_size
        return width * height * 4 + 8 * 1024 * 1024

    def enlargement(self, width: int, height: int) -> float:
        """Return the factor by which a picture of width × height pixels must be enlarged to cover the print."""
        return max(self.width / width, self.height / height)


@dataclass(frozen=True)
class Tiles:
    """How many tiles a network enlarged, and in how many bicubic resampling replaced it around a fault.

    Both are 0 if no network was used.
    """

    total: int = 0
    fell_back: int = 0

    def __add__(self, other: Tiles) -> Tiles:
        return Tiles(self.total + other.total, self.fell_back + other.fell_back)

    @property
    def fault(self) -> str | None:
        """A sentence on the tiles in which the network failed, if it did in any."""
        if not self.fell_back:
            return None
        return f"the network failed in {self.fell_back:,} of {self.total:,} tiles: bicubic stands in around the faults"


@runtime_checkable
class Tiled(Protocol):
    """Strips of an upscaler that works in tiles, and counts those in which its network failed."""

    @property
    def tiles(self) -> Tiles:
        """The tiles of the strips made so far."""


@dataclass(frozen=True)
class PrintFile:
    """A print file and how it was made: `engine` names the upscaler, `factor` is the total enlargement."""

    picture: Picture
    engine: str
    factor: float
    source_width: int
    source_height: int
    tiles: Tiles = Tiles()


@dataclass(frozen=True)
class Raster:
    """Raw pixels: 8-bit RGB, row by row, no padding; `data` has width*height*3 bytes."""

    data: bytes = field(repr=False)
    width: int
    height: int


@dataclass(frozen=True)
class Samples:
    """Samples of the printed part of a photo, which has width × height of the photo's pixels.

    `overview` is all of it, reduced; `patches` are pieces of it at the photo's own resolution.
    """

    width: int
    height: int
    overview: Raster
    patches: tuple[Raster, ...]


@dataclass(frozen=True)
class ImageRequest:
    """What an image model is asked: a prompt, the pictures to work from (none or more), and the size wanted in pixels.

    The answer has about the aspect of the first picture, or of width × height where there is none; the caller cuts it
    to size. `count` is how many pictures are wanted; an answer may have fewer. The same `seed` gives the same pictures
    again where the model can do that.
    """

    prompt: str
    pictures: Sequence[Picture]
    width: int
    height: int
    count: int = 1
    seed: int | None = None


@dataclass(frozen=True)
class ModelUsage:
    """What a call to a model used: its price in micro-dollars (0 where it is not known), and tokens in and out."""

    cost_micros: int = 0
    input_tokens: int = 0
    output_tokens: int = 0

    def __add__(self, other: ModelUsage) -> ModelUsage:
        return ModelUsage(
            self.cost_micros + other.cost_micros,
            self.input_tokens + other.input_tokens,
            self.output_tokens + other.output_tokens,
        )


@dataclass(frozen=True)
class ImageAnswer:
    """A model's answer: one or more pictures, encoded as the model gave them, and the model's name."""

    pictures: tuple[bytes, ...] = field(repr=False)
    model: str
    usage: ModelUsage = ModelUsage()

    @property
    def picture(self) -> bytes:
        """The first picture."""
        return self.pictures[0]
