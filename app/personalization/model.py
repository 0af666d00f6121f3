"""Values and rules of personalization: no I/O, no clock, no chance."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app.core.errors import Unprocessable
from app.core.pictures import Crop, Mark, MarkPosition
from app.media import Asset
from app.personalization.preflight import Preflight
from app.personalization.print_sizes import Size

PREVIEW_SIDE = 1024
REREAD = "personalization.reread_order"
"""The kind of job that asks Shopify for an order."""
NOTE = "personalization.note_print"
"""The kind of job that tells an order in Shopify of its print file."""
UNTOLD = "untold"
"""Beside the states of a line: ready, and Shopify's order will not hear of it by itself."""
OWN_PICTURE = "Own picture"
"""What a merchant's picture is called, where a design has its style."""
LONGEST_DEFAULT_MARK = 12
"""Letters of a shop's name in its default watermark. They share the mark's width, so a longer text has thinner letters:
12 capital Ws change 1 % of the pixels of a panorama's preview visibly, 16 of them next to none."""
MOST_TILES = 10_000_000
"""Far more than a print of 60 × 72 inches at 300 dpi has, even in tiles of 8 pixels."""
_ENGINE = re.compile(r"[ -~]{1,40}")
_SPELLED = str.maketrans("\u2018\u2019\u201c\u201d\u2013\u2014", "''\"\"--")


@dataclass(frozen=True)
class Style:
    """A look: its prompt goes to the image model and never to a browser. `usage_count` is how many previews have it."""

    id: str
    name: str
    prompt_template: str
    example_key: str | None = None
    usage_count: int = 0


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
    upload_asset_id: str | None
    ai_prompt_used: str
    quota_period: str | None
    created_at: datetime
    shopper_id: str | None = None
    guest_session_id: str | None = None
    master_asset_id: str | None = None
    preview_asset_id: str | None = None
    mockup_asset_id: str | None = None
    status: str = "pending"
    progress: int = 0
    crop: dict[str, float] | None = None
    error_code: str | None = None
    error_message: str | None = None
    idempotency_key: str | None = None
    preflight: dict[str, Any] | None = None

    @property
    def as_it_is(self) -> bool:
        """Without a prompt no model is asked: the upload itself is the picture, as a merchant sent it."""
        return not self.ai_prompt_used

    def asks_the_same(self, other: Generation) -> bool:
        """Whether a repeated idempotency key repeats the request too."""
        return (self.product_id, self.ai_style_id, self.size_id, self.upload_asset_id, self.crop) == (
            other.product_id,
            other.ai_style_id,
            other.size_id,
            other.upload_asset_id,
            other.crop,
        )

    def belongs_to(self, owners: Collection[tuple[str | None, str | None]]) -> bool:
        """Whether it is one of these shoppers' or guest sessions'.

        One that a guest made and ordered with an account is both the customer's and that browser's.
        """
        mine = {self.shopper_id, self.guest_session_id} - {None}
        return any(mine.intersection(owner) for owner in owners)


@dataclass(frozen=True)
class KnownDesign:
    """A design with what an order's line is compared to: its master's width and height in pixels while that is there,
    Shopify's id of its product, and Shopify's id of the customer who made it."""

    design: Generation
    master: tuple[int, int] | None
    shopify_product_id: str | None
    shopify_customer_id: str | None


@dataclass(frozen=True)
class PreviewState:
    """What a shopper sees of a preview. `progress` is a percentage."""

    id: str
    status: str
    progress: int
    queue_position: int | None = None
    preview_url: str | None = None
    mockup_url: str | None = None
    error_code: str | None = None
    error_message: str | None = None
    preflight: Preflight | None = None


@dataclass(frozen=True)
class Watermark:
    """What a shop's previews are marked with. `opacity` is 0 to 1, `size_percentage` the mark's share of the width."""

    text: str | None
    opacity: float
    position: MarkPosition
    size_percentage: float
    asset_key: str | None

    def mark(self, picture: bytes | None) -> Mark:
        return Mark(picture, self.text, self.opacity, self.position, self.size_percentage)


def default_watermark(shop_id: str, shop_name: str | None) -> Watermark:
    """Return the watermark of a shop that has not chosen one: its name, all over the preview.

    The name is spelled in printable ASCII, the letters that every runtime can draw; accents and symbols are dropped. A
    name with other letters (Cyrillic, Arabic, Chinese) would be a row of boxes: such a shop is called by the first part
    of its domain.
    """
    whole = unicodedata.normalize("NFKD", shop_name or "").translate(_SPELLED)
    plain = " ".join("".join(letter for letter in whole if letter.isascii()).split())
    is_foreign = any(letter.isalnum() and not letter.isascii() for letter in whole)
    if is_foreign or not any(letter.isalnum() for letter in plain):
        plain = shop_id.partition(".")[0]
    text = "".join(letter for letter in plain if letter.isprintable())[:LONGEST_DEFAULT_MARK].strip()
    return Watermark(text, opacity=0.4, position="tiled", size_percentage=30, asset_key=None)


@dataclass(frozen=True)
class PrintReport:
    """What made a print file. It may come from a render worker: raises Unprocessable for what makes no sense.

    `tiles` is how many tiles a network enlarged, `tiles_fell_back` in how many of them it failed; both are None where
    the worker did not say.
    """

    engine: str
    tiles: int | None = None
    tiles_fell_back: int | None = None

    def __post_init__(self) -> None:
        counted = 0 <= (self.tiles_fell_back or 0) <= (self.tiles or 0) <= MOST_TILES
        if not _ENGINE.fullmatch(self.engine) or not counted:
            raise Unprocessable("The render worker's report cannot be read.", code="bad_report")


@dataclass(frozen=True)
class StoredPrint:
    """A print file in storage: it was enlarged `factor` times from a picture of the source's width and height."""

    asset: Asset
    factor: float
    source_width: int
    source_height: int
    report: PrintReport


@dataclass(frozen=True)
class OrderCard:
    """A line as the merchant sees it in the list of orders."""

    item_id: str
    shop_id: str
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
    mockup_key: str | None
    has_master: bool
    upload_id: str | None
    proposal_id: str | None
    proposal_status: str | None
    proposal_key: str | None
    print_key: str | None
    print_filename: str | None
    note_status: str | None
    printed_on: Size | None
    is_drawn: bool
    preflight: dict[str, Any] | None
    proposal_is_drawn: bool
    proposal_preflight: dict[str, Any] | None
    tiles: int | None
    tiles_fell_back: int | None
    model_used: str | None
    duration_ms: int | None
    upscale_status: str | None
    upscale_factor: float | None
    generation_params: dict[str, Any] | None
    original_width: int | None
    original_height: int | None
    upscale_started_at: datetime | None
    upscale_completed_at: datetime | None

    @property
    def preview_seconds(self) -> float | None:
        """How long the preview took to make."""
        return None if self.duration_ms is None else self.duration_ms / 1000

    @property
    def print_seconds(self) -> float | None:
        """How long the print file took to make."""
        if self.upscale_started_at is None or self.upscale_completed_at is None:
            return None
        return (self.upscale_completed_at - self.upscale_started_at).total_seconds()

    @property
    def is_upscaled(self) -> bool:
        return self.upscale_status == "completed"

    @property
    def engine(self) -> str | None:
        """What enlarged the picture for the print file: a network by its name, or `resample`."""
        return (self.generation_params or {}).get("engine")

    @property
    def is_upscaled_by_ai(self) -> bool:
        return self.is_upscaled and self.engine not in (None, "resample")

    @property
    def is_busy(self) -> bool:
        """Whether it will change by itself, soon."""
        return self.state in ("queued", "printing") or self.proposal_status in ("pending", "processing")

    @property
    def is_being_told(self) -> bool:
        """Whether Shopify's order is still to hear of the print file: in a moment, or when Shopify answers again."""
        return self.state == "ready" and self.note_status in ("pending", "running")

    @property
    def is_untold(self) -> bool:
        """Whether telling Shopify's order was given up."""
        return self.state == "ready" and self.note_status in ("failed", "dead")

    @property
    def is_stuck(self) -> bool:
        return self.state in ("failed", "needs_review", "unmapped")

    @property
    def needs_size(self) -> bool:
        """Whether nothing can be made for it before it is known how large."""
        return self.is_stuck and self.size is None

    @property
    def is_doubtful(self) -> bool:
        """Whether a merchant's word is enough to print it."""
        return self.state == "needs_review" and self.has_master

    @property
    def is_remakable(self) -> bool:
        return self.style is not None and self.upload_id is not None and not self.is_busy


@dataclass(frozen=True)
class UnreadOrder:
    """A message of Shopify's about an order that could not be taken. Without an `order_id` it is not known which.

    `id` is that of its delivery, `error` says why, and `created_at` when it came.
    """

    id: str
    shop_id: str
    topic: str
    order_id: str | None
    order_number: str | None
    error: str | None
    created_at: datetime
    is_being_read: bool


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
        raise Unprocessable("The crop is outside the photo. Set it again.", code="bad_crop")
    return crop
