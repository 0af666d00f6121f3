"""Values and rules of personalization: no I/O, no clock, no chance."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app.core.errors import Unprocessable
from app.core.pictures import Crop, Mark, MarkPosition

MASTER_SIDE = 1448
"""The longer side of a master in pixels: 1024 x 1448 for A sizes; the upscaler does the rest."""
PREVIEW_SIDE = 1024
ASPECT_TOLERANCE = 0.01
PRINT_DPI = 300


@dataclass(frozen=True)
class Size:
    """A print size of a product, in pixels at 300 dpi; sold as one Shopify variant."""

    id: str
    product_id: str
    name: str
    width_px: int
    height_px: int
    shopify_variant_id: str | None

    @property
    def aspect(self) -> float:
        return self.width_px / self.height_px

    def master_size(self) -> tuple[int, int]:
        """Width and height of the master: this size's aspect, the longer side MASTER_SIDE, never over the print."""
        scale = min(1.0, MASTER_SIDE / max(self.width_px, self.height_px))
        return max(1, round(self.width_px * scale)), max(1, round(self.height_px * scale))

    def fits(self, width: int, height: int) -> bool:
        """Whether a picture of this size can be printed without cutting into it."""
        return abs(width / height / self.aspect - 1) <= ASPECT_TOLERANCE


@dataclass(frozen=True)
class Style:
    """A look: its prompt goes to the image model and never to a browser."""

    id: str
    name: str
    prompt_template: str
    example_key: str | None = None


@dataclass(frozen=True)
class Offer:
    """What the storefront block needs of one product."""

    product_id: str
    shopify_product_id: str
    title: str
    styles: list[Style]
    sizes: list[Size]


@dataclass(frozen=True)
class PreviewRequest:
    """What a shopper asks for. `product_id` and `variant_id` are Shopify's."""

    upload_id: str
    product_id: str
    style_id: str
    variant_id: str | None = None
    crop: Crop | None = None
    idempotency_key: str | None = None


@dataclass(frozen=True)
class Generation:
    id: str
    shop_id: str
    product_id: str
    ai_style_id: str
    size_id: str | None
    shopper_id: str | None
    guest_session_id: str | None
    upload_asset_id: str | None
    master_asset_id: str | None
    preview_asset_id: str | None
    status: str
    progress: int
    crop: dict[str, float] | None
    ai_prompt_used: str
    error_code: str | None
    error_message: str | None
    idempotency_key: str | None
    quota_period: str | None
    created_at: datetime

    def asks_the_same(self, other: Generation) -> bool:
        """Whether a repeated idempotency key repeats the request too."""
        return (self.product_id, self.ai_style_id, self.size_id, self.upload_asset_id, self.crop) == (
            other.product_id,
            other.ai_style_id,
            other.size_id,
            other.upload_asset_id,
            other.crop,
        )

    def belongs_to(self, shopper_id: str | None, guest_session_id: str | None) -> bool:
        mine = (self.shopper_id, self.guest_session_id)
        return mine == (shopper_id, guest_session_id) and mine != (None, None)


@dataclass(frozen=True)
class PreviewState:
    """What a shopper sees of a preview. `progress` is a percentage."""

    id: str
    status: str
    progress: int
    queue_position: int | None = None
    preview_url: str | None = None
    error_code: str | None = None
    error_message: str | None = None


@dataclass(frozen=True)
class Watermark:
    text: str | None
    opacity: float
    position: MarkPosition
    size_percentage: float
    asset_key: str | None

    def mark(self, picture: bytes | None) -> Mark:
        return Mark(picture, self.text, self.opacity, self.position, self.size_percentage)


@dataclass(frozen=True)
class OrderLine:
    """A line of an order that holds a design. `preview_ref` is what the cart said, and not trusted."""

    line_item_id: str
    product_id: str | None
    variant_id: str | None
    title: str
    quantity: int
    preview_ref: str


@dataclass(frozen=True)
class OrderFacts:
    """What a webhook says of an order, in our words. `total_price` in minor units."""

    order_id: str
    order_number: str
    customer_id: str | None
    total_price: int | None
    currency: str
    paid_at: datetime | None
    cancelled_at: datetime | None
    is_test: bool
    lines: list[OrderLine]


@dataclass(frozen=True)
class OrderItem:
    id: str
    shop_id: str
    order_id: str
    shopify_line_item_id: str
    title: str | None
    quantity: int
    shopify_product_id: str | None
    shopify_variant_id: str | None
    preview_ref: str
    preview_generation_id: str | None
    size_id: str | None
    print_asset_id: str | None
    state: str
    reason: str | None


@dataclass(frozen=True)
class Verdict:
    """What becomes of a line: its state, why, and what it was matched with."""

    state: str
    reason: str | None
    generation_id: str | None
    size_id: str | None


@dataclass(frozen=True)
class OrderCard:
    """A line as the merchant sees it in the list of orders."""

    item_id: str
    shopify_order_id: str
    order_number: str
    title: str
    size: str | None
    style: str | None
    quantity: int
    state: str
    reason: str | None
    width: int | None
    height: int | None
    is_test: bool
    created_at: datetime
    preview_key: str | None
    print_key: str | None
    print_filename: str | None


def judge(
    generation: Generation | None,
    size: Size | None,
    master: tuple[int, int] | None,
    *,
    product_matches: bool,
    customer_matches: bool,
    paid: bool,
    approved: bool = False,
) -> Verdict:
    """What becomes of a line that was ordered. A paid line is never dropped: doubt makes it visible.

    `approved` is a merchant's word that a mismatch is fine; it cannot make up for a missing picture or size.
    """
    matched = (generation.id if generation else None, size.id if size else None)

    def verdict(state: str, reason: str | None = None) -> Verdict:
        return Verdict(state, reason, *matched)

    if generation is None:
        return verdict("needs_review", "The design of this line was not found.")
    if generation.status != "completed" or master is None:
        return verdict("needs_review", "The design of this line was never finished.")
    if size is None:
        return verdict("unmapped", "No print size is set for this variant.")
    if not product_matches and not approved:
        return verdict("needs_review", "The design was made for another product.")
    if not customer_matches and not approved:
        return verdict("needs_review", "The design was made by another customer.")
    if not size.fits(*master) and not approved:
        return verdict("needs_review", "The design has another shape than the size that was ordered.")
    return verdict("queued" if paid else "waiting")


def crop_of(values: dict[str, Any] | None) -> Crop | None:
    """A crop of fractions, inside the picture and at least a twentieth of it a side. Raises Unprocessable."""
    if values is None:
        return None
    crop = Crop(float(values["x"]), float(values["y"]), float(values["width"]), float(values["height"]))
    slack = 1e-6
    inside = all(
        start >= -slack and share >= 0.05 and start + share <= 1 + slack  # false of NaN, which JSON can say
        for start, share in ((crop.x, crop.width), (crop.y, crop.height))
    )
    if not inside:
        raise Unprocessable("The crop lies outside the photo. Please set it again.", code="bad_crop")
    return crop
