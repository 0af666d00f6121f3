"""Values and rules of personalization. All of them are pure: no I/O, no clock, no randomness."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from app.core.errors import Unprocessable
from app.core.pictures import Crop, Mark, MarkPosition
from app.core.times import to_text
from app.generation import ShopperRow
from app.media import Asset
from app.personalization.preflight import Preflight
from app.personalization.print_sizes import Size

PREVIEW_SIDE = 1024
REREAD = "personalization.reread_order"
"""The kind of job that fetches an order from Shopify again."""
NOTE = "personalization.note_print"
"""The kind of job that adds a note about the print file to the Shopify order."""
OWN_PICTURE = "Own picture"
"""The name of the style of pictures that merchants upload."""
LONGEST_DEFAULT_MARK = 12
"""The maximum number of characters of a shop's name in its default watermark. The text is scaled to the width of the
mark, so a longer text has thinner letters: 12 capital Ws visibly change 1 % of the pixels of a panorama's preview, 16
hardly any."""
MOST_TILES = 10_000_000
"""The maximum number of tiles in a report: far more than a print of 60 × 72 inches at 300 dpi has, even with tiles of
8 pixels per side."""
_ENGINE = re.compile(r"[ -~]{1,40}")
_ASCII_PUNCTUATION = str.maketrans("\u2018\u2019\u201c\u201d\u2013\u2014", "''\"\"--")


@dataclass(frozen=True)
class Style:
    """A style that shoppers can choose.

    `prompt_template` is sent to the image model and never to a browser. `usage_count` is the number of previews made
    in this style.
    """

    id: str
    name: str
    prompt_template: str
    example_key: str | None = None
    usage_count: int = 0


@dataclass(frozen=True)
class EditedStyle:
    """A style as its editor shows it."""

    id: str
    name: str
    prompt_template: str
    usage_count: int
    updated_at: datetime
    example_key: str | None


@dataclass(frozen=True)
class EditedBlank:
    """A blank as its editor saves it. `base_price` is in minor units of the shop's currency."""

    id: str
    name: str
    description: str | None
    option_names: list[str] | None
    base_price: int | None
    currency: str | None
    print_format: str
    intent: str
    background: str
    updated_at: datetime


@dataclass(frozen=True)
class EditedSize:
    """A print size as its editor saves it: pixels at `dpi`, margins in millimetres, and a price in minor units that is
    added to that of the blank."""

    id: str
    name: str
    option_values: list[str] | None
    width_px: int
    height_px: int
    bleed_mm: float
    safe_mm: float
    dpi: int
    price_modifier: int
    is_active: bool
    updated_at: datetime

    @property
    def seen(self) -> str:
        """Identifies these values, so that a form cannot undo what somebody else has saved."""
        return to_text(self.updated_at)

    @property
    def as_printed(self) -> tuple[float, ...]:
        """What changes a print file."""
        return self.width_px, self.height_px, self.bleed_mm, self.safe_mm, self.dpi


@dataclass(frozen=True)
class Offer:
    """One product with its styles and sizes, as the storefront block shows it."""

    product_id: str
    shopify_product_id: str
    title: str
    styles: list[Style]
    sizes: list[Size]


@dataclass(frozen=True)
class PreviewRequest:
    """A shopper's request for a preview. `product_id` and `variant_id` are Shopify's ids."""

    upload_id: str
    product_id: str
    style_id: str
    variant_id: str | None = None
    crop: Crop | None = None
    idempotency_key: str | None = None


@dataclass(frozen=True, kw_only=True)
class Generation(ShopperRow):
    """A design, as stored in `generations`: the request, its progress and its pictures."""

    product_id: str
    ai_style_id: str
    size_id: str | None
    upload_asset_id: str | None
    ai_prompt_used: str
    master_asset_id: str | None = None
    preview_asset_id: str | None = None
    mockup_asset_id: str | None = None
    crop: dict[str, float] | None = None
    preflight: dict[str, Any] | None = None

    @property
    def is_unstyled(self) -> bool:
        """Whether the upload itself becomes the picture: a merchant's picture has no prompt, so no model is called."""
        return not self.ai_prompt_used


@dataclass(frozen=True)
class KnownDesign:
    """A design with the facts that an order line is compared to.

    `master` is the width and height of the master in pixels, None if the master no longer exists.
    `shopify_customer_id` is the customer who made the design, None for a guest.
    """

    design: Generation
    master: tuple[int, int] | None
    shopify_product_id: str | None
    shopify_customer_id: str | None


@dataclass(frozen=True)
class PreviewState:
    """A preview as its shopper sees it. `progress` is a percentage."""

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
    """The watermark on a shop's previews.

    `opacity` is between 0 and 1; `size_percentage` is the width of the mark as a percentage of the preview's width.
    """

    text: str | None
    opacity: float
    position: MarkPosition
    size_percentage: float
    asset_key: str | None

    def mark(self, picture: bytes | None) -> Mark:
        return Mark(picture, self.text, self.opacity, self.position, self.size_percentage)


@dataclass(frozen=True)
class SavedWatermark:
    """A watermark that the merchant has saved, which may be switched off."""

    watermark: Watermark
    is_active: bool


@dataclass(frozen=True)
class StyleCard:
    """A style as the merchant sees it in the list of styles. `starter` is its key in the starter set, if it is from it.

    `products` is the number of products that offer it.
    """

    id: str
    name: str
    starter: str | None
    example_key: str | None
    is_active: bool
    usage_count: int
    products: int


@dataclass(frozen=True)
class ProductStyle:
    """A style of the shop beside one product: whether the product offers it, and its place there if it ever did."""

    id: str
    name: str
    example_key: str | None
    is_offered: bool
    sort_order: int | None


@dataclass(frozen=True)
class BlankCard:
    """A blank as the merchant sees it in the list of blanks. `products` is the number of products printed on it."""

    id: str
    name: str
    description: str | None
    starter: str | None
    print_format: str
    is_active: bool
    products: int


class Readiness(StrEnum):
    """Whether shoppers can personalize a product that is for sale."""

    READY = "ready"
    UNFINISHED = "unfinished"
    """It has no print size or no style yet."""
    OFF = "off"


@dataclass(frozen=True)
class ProductCard:
    """A product as the merchant sees it in the list of products.

    `styles` is the number of styles that shoppers can choose, `mapped` the number of variants with a print area.
    """

    id: str
    shopify_product_id: str | None
    title: str
    is_enabled: bool
    is_active: bool
    variant_count: int | None
    styles: int
    mapped: int

    @property
    def readiness(self) -> Readiness:
        if not self.is_enabled:
            return Readiness.OFF
        return Readiness.READY if self.styles and self.mapped else Readiness.UNFINISHED


@dataclass(frozen=True)
class SetupFacts:
    """How far a shop is set up.

    `sized` and `styled` count the enabled products that have a print size and a style. `unsized_id` is the id of an
    enabled product without a print size, `ready_handle` the handle of one that shoppers can personalize.
    """

    products: int = 0
    blanks: int = 0
    sized: int = 0
    styled: int = 0
    watermarks: int = 0
    previews: int = 0
    orders: int = 0
    unsized_id: str | None = None
    ready_handle: str | None = None


def default_watermark(shop_id: str, shop_name: str | None) -> Watermark:
    """Return the watermark of a shop that has not set one: its name, tiled over the preview.

    The name is reduced to printable ASCII, because every runtime can draw these characters; accents and symbols are
    dropped. A name in another script (Cyrillic, Arabic, Chinese) would be drawn as a row of boxes, so the first part
    of the shop's domain is used instead.
    """
    whole = unicodedata.normalize("NFKD", shop_name or "").translate(_ASCII_PUNCTUATION)
    plain = " ".join("".join(letter for letter in whole if letter.isascii()).split())
    is_foreign = any(letter.isalnum() and not letter.isascii() for letter in whole)
    if is_foreign or not any(letter.isalnum() for letter in plain):
        plain = shop_id.partition(".")[0]
    text = "".join(letter for letter in plain if letter.isprintable())[:LONGEST_DEFAULT_MARK].strip()
    return Watermark(text, opacity=0.4, position="tiled", size_percentage=30, asset_key=None)


@dataclass(frozen=True)
class PrintReport:
    """How a print file was made.

    The report may come from a render worker, so it is validated: inconsistent values raise Unprocessable. `tiles` is
    the number of tiles that an upscaling network processed, `tiles_fell_back` the number of tiles for which it failed;
    both are None if the worker did not report them.
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
    """A stored print file, enlarged `factor` times from a source of `source_width` × `source_height` pixels."""

    asset: Asset
    factor: float
    source_width: int
    source_height: int
    report: PrintReport


class LineFilter(StrEnum):
    """Which order lines the merchant sees.

    Lines that need attention are stuck ones, and those whose print file is ready, but every attempt to update the
    Shopify order failed. Unsent lines have a print file that was not marked as sent to the printer.
    """

    ALL = ""
    ATTENTION = "attention"
    RUNNING = "running"
    READY = "ready"
    UNSENT = "unsent"
    CANCELLED = "cancelled"

    @property
    def states(self) -> tuple[str, ...]:
        """The states of the lines; empty if all states are shown."""
        return _STATES[self]


_STATES = {
    LineFilter.ALL: (),
    LineFilter.ATTENTION: ("needs_review", "unmapped", "failed"),
    LineFilter.RUNNING: ("waiting", "queued", "printing"),
    LineFilter.READY: ("ready",),
    LineFilter.UNSENT: ("ready",),
    LineFilter.CANCELLED: ("cancelled",),
}


@dataclass(frozen=True)
class LineQuery:
    """Which order lines to list: those of a filter that came in from `since` to before `until`, or those of all lines
    that a `search` finds."""

    show: LineFilter = LineFilter.ALL
    since: datetime | None = None
    until: datetime | None = None
    search: str = ""


@dataclass(frozen=True)
class DesignUsage:
    """What became of the previews of one style or of one product in a period.

    `ordered` counts the designs that an order names, paid or not. `cost_micros` is what the models charged for the
    previews, in micro-dollars, failed ones included.
    """

    id: str
    name: str
    previews: int
    completed: int
    ordered: int
    cost_micros: int


@dataclass(frozen=True)
class OrderCard:
    """An order line as the merchant sees it in the list of orders. `created_at` is when the line came in."""

    item_id: str
    shop_id: str
    shopify_order_id: str
    shopify_product_id: str | None
    order_number: str | None
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
    sent_to_printer_at: datetime | None
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
        """How long it took to make the preview, in seconds; None if it is unknown."""
        return None if self.duration_ms is None else self.duration_ms / 1000

    @property
    def print_seconds(self) -> float | None:
        """How long it took to make the print file, in seconds; None until it is made."""
        if self.upscale_started_at is None or self.upscale_completed_at is None:
            return None
        return (self.upscale_completed_at - self.upscale_started_at).total_seconds()

    @property
    def is_upscaled(self) -> bool:
        return self.upscale_status == "completed"

    @property
    def engine(self) -> str | None:
        """The engine that enlarged the picture for printing: the name of a network, or `resample`."""
        return (self.generation_params or {}).get("engine")

    @property
    def is_upscaled_by_ai(self) -> bool:
        return self.is_upscaled and self.engine not in (None, "resample")

    @property
    def is_busy(self) -> bool:
        """Whether the line will change soon without any action by the merchant, so that the page must refresh."""
        return self.state in ("queued", "printing") or self.proposal_status in ("pending", "processing")

    @property
    def is_note_pending(self) -> bool:
        """Whether the update of the Shopify order is still queued or being retried."""
        return self.state == "ready" and self.note_status in ("pending", "running")

    @property
    def is_note_failed(self) -> bool:
        """Whether the update of the Shopify order failed and will not be retried automatically."""
        return self.state == "ready" and self.note_status in ("failed", "dead")

    @property
    def can_be_sent(self) -> bool:
        """Whether the line has a print file that was not marked as sent to the printer."""
        return self.state == "ready" and self.print_key is not None and self.sent_to_printer_at is None

    @property
    def is_stuck(self) -> bool:
        return self.state in ("failed", "needs_review", "unmapped")

    @property
    def needs_size(self) -> bool:
        """Whether a print size must be chosen before anything can be made for this line."""
        return self.is_stuck and self.size is None

    @property
    def can_be_approved(self) -> bool:
        """Whether the line can be printed as soon as the merchant approves it."""
        return self.state == "needs_review" and self.has_master

    @property
    def can_be_remade(self) -> bool:
        return self.style is not None and self.upload_id is not None and not self.is_busy


@dataclass(frozen=True)
class PrintHistory:
    """How a line's design and print file were made, for the merchant only.

    `photo_key` is the key of the shopper's photo while it exists, and `prompt` is what the image model was asked; it is
    empty if the merchant's own picture was used. `cost_micros` is what the model charged, in micro-dollars. Sizes are
    in pixels.
    """

    item_id: str
    photo_key: str | None
    preview_key: str | None
    preview_made_at: datetime | None
    model_used: str | None
    duration_ms: int | None
    cost_micros: int | None
    prompt: str | None
    master_width: int | None
    master_height: int | None
    print_made_at: datetime | None
    final_width: int | None
    final_height: int | None

    @property
    def preview_seconds(self) -> float | None:
        """How long it took to make the preview, in seconds; None if it is unknown."""
        return None if self.duration_ms is None else self.duration_ms / 1000


OPEN_ARCHIVE = ("pending", "processing")
"""The states of a ZIP that is still to be made."""


@dataclass(frozen=True)
class PrintArchive:
    """A shop's latest ZIP of print files, of the lines that came in from `since` to before `until`.

    Lines that were marked as sent to the printer are included only if `with_sent`. `progress` is a percentage.
    `print_asset_ids` are the files in the ZIP; `missing` is how many others were gone, and `has_more` means that not
    all fitted. `sent_at` is when its lines were marked as sent. `key` is that of its file, None once it is deleted.
    """

    id: str
    shop_id: str
    with_sent: bool
    since: datetime | None
    until: datetime | None
    created_at: datetime
    status: str = "pending"
    progress: int = 0
    asset_id: str | None = None
    print_asset_ids: list[str] | None = None
    missing: int = 0
    has_more: bool = False
    error_message: str | None = None
    sent_at: datetime | None = None
    completed_at: datetime | None = None
    key: str | None = None

    @property
    def is_open(self) -> bool:
        return self.status in OPEN_ARCHIVE

    @property
    def files(self) -> int:
        """How many print files the ZIP contains."""
        return len(self.print_asset_ids or ())


@dataclass(frozen=True)
class UnreadOrder:
    """An order webhook that could not be processed.

    `id` is the id of the webhook delivery and `created_at` the time when it arrived; `error` is the reason.
    `order_id` is None if it could not be read.
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
    """Return the crop in fractions of the picture, or None if there is none.

    Raises Unprocessable if the crop is not inside the picture, or a side is less than a twentieth of the picture's.
    """
    if values is None:
        return None
    crop = Crop(float(values["x"]), float(values["y"]), float(values["width"]), float(values["height"]))
    slack = 1e-6
    inside = all(
        start >= -slack and share >= 0.05 and start + share <= 1 + slack  # also false for NaN, which JSON allows
        for start, share in ((crop.x, crop.width), (crop.y, crop.height))
    )
    if not inside:
        raise Unprocessable("The crop is outside the photo. Set it again.", code="bad_crop")
    return crop
