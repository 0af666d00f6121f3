"""Print sizes of products, and the blanks that they are printed on. Pure values and rules, no I/O."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from app.core.pictures import WHITE, Intent, PrintFormat, PrintSpec

MASTER_SIDE = 1448
"""The longer side of a master in pixels: 1024 × 1448 for A sizes. The upscaler enlarges the master for printing."""
PICTURE_SIDE = 3508
"""The longer side in pixels of a master that is a merchant's own picture: that of A4 at 300 dpi."""
ASPECT_TOLERANCE = 0.01
PRINT_DPI = 300
MM_PER_INCH = 25.4


@dataclass(frozen=True)
class Size:
    """A print size of a product, sold as one Shopify variant.

    `width_px` and `height_px` are the trimmed print in pixels at `dpi`; `bleed_mm` is the bleed around the print and
    `safe_mm` the safe distance from its edges, in millimetres. If the variant is mapped to a variant of a blank, the
    dimensions, the file format and the mockup are those of the blank.
    """

    id: str
    product_id: str
    name: str
    width_px: int
    height_px: int
    shopify_variant_id: str | None
    bleed_mm: float = 0
    safe_mm: float = 0
    dpi: int = PRINT_DPI
    print_format: PrintFormat = "jpg"
    intent: Intent = "relative"
    background: str = WHITE
    profile_key: str | None = None
    mockup: dict[str, Any] | None = None
    product_base_variant_id: str | None = None
    base_name: str | None = None
    base_variant_name: str | None = None
    option_names: list[str] | None = None
    option_values: list[str] | None = None

    @property
    def blank(self) -> str | None:
        """The blank and its options as text for people, such as "White mug, Size: 11 oz"; None without a blank."""
        if self.base_name is None:
            return None
        options = zip(self.option_names or [], self.option_values or [], strict=False)
        chosen = [f"{name}: {value}" for name, value in options]
        return ", ".join([self.base_name, *(chosen or [self.base_variant_name or ""])])

    @property
    def aspect(self) -> float:
        return self.width_px / self.height_px

    def master_size(self, longest: int = MASTER_SIDE) -> tuple[int, int]:
        """Return the width and height of the master in pixels.

        It has this size's proportions; its longer side is `longest`, or that of the print if it is shorter.
        """
        scale = min(1.0, longest / max(self.width_px, self.height_px))
        return max(1, round(self.width_px * scale)), max(1, round(self.height_px * scale))

    @property
    def print_spec(self) -> PrintSpec:
        return PrintSpec(
            self.width_px,
            self.height_px,
            self.dpi,
            self.print_format,
            bleed=self.pixels(self.bleed_mm),
            background=self.background,
            intent=self.intent,
        )

    @property
    def safe(self) -> tuple[float, float]:
        """The margins without faces or text: left and right as a share of the width, top and bottom of the height."""
        return self.pixels(self.safe_mm) / self.width_px, self.pixels(self.safe_mm) / self.height_px

    def pixels(self, mm: float) -> int:
        """Convert millimetres to whole pixels at this size's dpi."""
        return round(mm / MM_PER_INCH * self.dpi)

    def fits(self, width: int, height: int) -> bool:
        """Return whether a picture of this size in pixels can be printed without cropping it noticeably."""
        return abs(width / height / self.aspect - 1) <= ASPECT_TOLERANCE


@dataclass(frozen=True)
class ProductBase:
    """A blank, which several products may share: the format of its print files, and its mockup template."""

    id: str
    name: str
    option_names: list[str]
    print_format: PrintFormat = "jpg"
    intent: Intent = "relative"
    background: str = WHITE
    profile_asset_id: str | None = None
    mockup: dict[str, Any] | None = None


@dataclass(frozen=True)
class BaseVariant:
    """A blank in one size or colour.

    `width_px` and `height_px` are the trimmed print area in pixels at `dpi`; bleed and safe distance are in mm.
    """

    id: str
    product_base_id: str
    name: str
    option_values: list[str]
    width_px: int
    height_px: int
    bleed_mm: float = 0
    safe_mm: float = 0
    dpi: int = PRINT_DPI


@dataclass(frozen=True)
class Mapping:
    """The variant of a blank on which a Shopify variant of a product is printed."""

    product_id: str
    shopify_variant_id: str
    product_base_variant_id: str
