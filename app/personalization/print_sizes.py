"""What is printed on: the sizes that a product is sold in, and the blanks behind them. Values and rules alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from app.core.pictures import WHITE, Intent, PrintFormat, PrintSpec

MASTER_SIDE = 1448
"""The longer side of a master in pixels: 1024 x 1448 for A sizes; the upscaler does the rest."""
PICTURE_SIDE = 3508
"""The longer side in pixels of a master that is a merchant's own picture: A4 at 300 dpi."""
ASPECT_TOLERANCE = 0.01
PRINT_DPI = 300
MM_PER_INCH = 25.4


@dataclass(frozen=True)
class Size:
    """A print size of a product, sold as one Shopify variant: pixels of the trimmed print at `dpi`.

    Where the variant is mapped to a blank's, all but id and name are the blank's: the bleed around the print and the
    safe distance from its edges in millimetres, the file that its maker wants, and its mockup.
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
        """What it is printed on, for people: the blank and its options, such as "White mug, Size: 11 oz"."""
        if self.base_name is None:
            return None
        options = zip(self.option_names or [], self.option_values or [], strict=False)
        chosen = [f"{name}: {value}" for name, value in options]
        return ", ".join([self.base_name, *(chosen or [self.base_variant_name or ""])])

    @property
    def aspect(self) -> float:
        return self.width_px / self.height_px

    def master_size(self, longest: int = MASTER_SIDE) -> tuple[int, int]:
        """Width and height of the master: this size's aspect, the longer side `longest`, never over the print."""
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
        """What should hold no face and no word at the left and right, and at top and bottom, as shares of the print."""
        return self.pixels(self.safe_mm) / self.width_px, self.pixels(self.safe_mm) / self.height_px

    def pixels(self, mm: float) -> int:
        """Whole pixels of so many millimetres, at this size's dpi."""
        return round(mm / MM_PER_INCH * self.dpi)

    def fits(self, width: int, height: int) -> bool:
        """Whether a picture of this size can be printed without cutting into it."""
        return abs(width / height / self.aspect - 1) <= ASPECT_TOLERANCE


@dataclass(frozen=True)
class ProductBase:
    """A blank that several products share: what the file for it is like, and how it looks with a design on it."""

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
    """A blank in one size or colour. The print area in pixels at `dpi`, as trimmed; bleed and safe distance in mm."""

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
    """A product's Shopify variant is printed on this variant of a blank."""

    product_id: str
    shopify_variant_id: str
    product_base_variant_id: str
